/** A row as a driver returns it. */
export type Row = Readonly<Record<string, unknown>>

/** One SQL statement with its parameters and what its rows mean: plain data, ready to run. */
export interface Statement<Result> {
  /** What it does, for errors: `append`, `read stream`. */
  readonly operation: string
  readonly text: string
  readonly parameters: readonly unknown[]
  decode(rows: readonly Row[]): Result
}

/** The statement of a list of one, for its one result. */
export function only<Result>(statement: Statement<readonly Result[]>): Statement<Result> {
  return { ...statement, decode: (rows) => statement.decode(rows)[0]! }
}
