/** A Postgres server of one's own. */
export interface PostgresProcess {
  readonly url: string
  /** As `kill -9` of the whole server. */
  kill(): Promise<unknown>
  /** Starts it again on the same data, at the same address. */
  start(): Promise<unknown>
  stop(): Promise<void>
}

/** `forgetful`: it leaves its writes to the operating system, which is faster. */
export function startPostgresProcess(options?: { readonly forgetful?: boolean }): Promise<PostgresProcess>
