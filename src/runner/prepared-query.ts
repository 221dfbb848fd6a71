import type { Row } from '../sql/statement.js'

/** What is needed of pg's connection beneath its client: the messages of the protocol. */
export interface PgConnection {
  readonly stream: { cork(): void; uncork(): void }
  /** The texts of statements that the server has prepared. */
  readonly parsedStatements: Readonly<Record<string, string>>
  parse(message: { readonly name: string; readonly text: string }): void
  bind(message: { readonly statement: string; readonly values: readonly (string | null)[] }): void
  describe(message: { readonly type: 'P'; readonly name: '' }): void
  execute(message: { readonly portal: '' }): void
  sync(): void
}

/** One column of a statement's rows. */
export interface ResultColumn {
  readonly name: string
  readonly dataTypeID: number
}

/** pg's way to find out how the text of a type is read; hosts may have their own for some. */
export type ParserOf = (dataTypeId: number, format: 'text') => (text: string) => unknown

/**
 * A named statement on its way to the server. The server prepares it once a connection, and describes its rows once a
 * connection: pg's own query asks for the description each time, which costs both sides more than reading the rows of a commit.
 */
export class PreparedQuery {
  private readonly values: readonly (string | null)[]
  private readonly texts: (readonly (string | null)[])[] = []
  private columns: readonly ResultColumn[] | undefined
  private described: Map<string, readonly ResultColumn[]> | undefined

  /**
   * `answer`: gets the function that reads the rows, to be called where an error of it does no harm. Throws for a value
   * that has no text.
   */
  constructor(
    readonly name: string,
    readonly text: string,
    parameters: readonly unknown[],
    private readonly parserOf: ParserOf,
    private readonly answer: (error: Error | null, rows: () => Row[]) => void,
  ) {
    this.values = parameters.map(textOf)
  }

  /** `isPrepared`: whether the server knows the statement, or will by then. */
  send(connection: PgConnection, isPrepared: boolean): void {
    const { name, text, values } = this
    this.described = describedOn(connection)
    this.columns = isPrepared ? this.described.get(name) : undefined
    if (!isPrepared) connection.parse({ name, text })
    connection.bind({ statement: name, values })
    if (this.columns === undefined) connection.describe({ type: 'P', name: '' })
    connection.execute({ portal: '' })
  }

  describe(columns: readonly ResultColumn[]): void {
    this.columns = columns
    this.described?.set(this.name, columns)
  }

  addRow(texts: readonly (string | null)[]): void {
    this.texts.push(texts)
  }

  succeed(): void {
    const { columns = [], texts, parserOf } = this
    this.answer(null, () => {
      // Asked for each time: hosts may set parsers at any time.
      const parsers = columns.map(({ dataTypeID }) => parserOf(dataTypeID, 'text'))
      return texts.map((row) => rowOf(columns, parsers, row))
    })
  }

  fail(error: Error): void {
    this.answer(error, () => [])
  }
}

const described = new WeakMap<PgConnection, Map<string, readonly ResultColumn[]>>()

/** The columns of the statements that a connection has prepared, by the statements' names. */
function describedOn(connection: PgConnection): Map<string, readonly ResultColumn[]> {
  let known = described.get(connection)
  if (known === undefined) described.set(connection, (known = new Map<string, readonly ResultColumn[]>()))
  return known
}

function rowOf(
  columns: readonly ResultColumn[],
  parsers: readonly ((text: string) => unknown)[],
  texts: readonly (string | null)[],
): Row {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const text = texts[index]
    row[columns[index]!.name] = typeof text === 'string' ? parsers[index]!(text) : null
  }
  return row
}

/** A parameter as Postgres reads it: statements have nothing but texts, numbers, booleans, and lists of them. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return `{${value.map(elementOf).join(',')}}`
  throw new TypeError(`A parameter of type ${typeof value} has no text.`)
}

function elementOf(value: unknown): string {
  const text = textOf(value)
  if (text === null) return 'NULL'
  return Array.isArray(value) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
