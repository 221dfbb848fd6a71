import type { QueryRunner } from 'typeorm'
import { InvalidArgumentError, StorageError } from '../errors/index.js'
import { asStorageError } from '../runner/storage-error.js'
import { runStatement } from '../runner/run-statement.js'
import * as sql from '../sql/sourced-repo/read-source.js'
import type { SourceClass, SourceEvent, SourceStream } from '../sql/sourced-repo/read-source.js'
import type { Statement } from '../sql/statement.js'
import type { ResolvedImport } from './import-options.js'
import type { SourcedStream } from './import-report.js'

/** The old table, read in one transaction with a fixed snapshot, a batch at a time. */
export class ImportSource {
  private constructor(
    private readonly runner: QueryRunner,
    private readonly table: string,
    private readonly batchSize: number,
    private readonly heads: boolean,
  ) {}

  /** Runs `work` on the old table as it is now, whatever is written to it meanwhile. */
  static async reading<Result>(
    { source, schema, table, batchSize, convertSnapshot }: ResolvedImport,
    work: (source: ImportSource) => Promise<Result>,
  ): Promise<Result> {
    const runner = source.createQueryRunner('master')
    const path = [...(schema === undefined ? [] : [schema]), table].map((name) => source.driver.escape(name))
    const reader = new ImportSource(runner, path.join('.'), batchSize, convertSnapshot !== undefined)
    try {
      await runner.startTransaction('REPEATABLE READ')
      await reader.run(sql.readOnly)
      return await work(reader)
    } finally {
      // There is nothing to commit. A connection that broke has nothing to roll back, and its error is on its way.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined)
      await runner.release()
    }
  }

  classes(): Promise<readonly SourceClass[]> {
    return this.run(sql.sourceClasses(this.table))
  }

  /** Events by time, those of a stream in their order. */
  events(): AsyncIterable<readonly SourceEvent[]> {
    return this.batches(
      sql.openEvents(this.table, this.heads),
      sql.fetchEvents(this.batchSize),
      this.batchSize,
    )
  }

  /** Streams by class and id. */
  streams(withSnapshots: boolean): AsyncIterable<readonly SourceStream[]> {
    return this.batches(
      sql.openStreams(this.table, this.heads, withSnapshots),
      sql.fetchStreams(this.batchSize),
      this.batchSize,
    )
  }

  repeatedVersions(stream: SourcedStream): Promise<readonly number[]> {
    return this.run(sql.repeatedVersions(this.table, stream))
  }

  missingVersions(stream: SourcedStream): Promise<readonly number[]> {
    return this.run(sql.missingVersions(this.table, stream))
  }

  private async *batches<Row>(
    open: Statement<void>,
    fetch: Statement<readonly Row[]>,
    size: number,
  ): AsyncGenerator<readonly Row[]> {
    await this.run(open)
    for (let full = true; full;) {
      const rows = await this.run(fetch)
      full = rows.length === size
      if (rows.length > 0) yield rows
    }
    await this.run(sql.closeCursor)
  }

  private async run<Result>(statement: Statement<Result>): Promise<Result> {
    try {
      return await runStatement(this.runner, statement, undefined)
    } catch (error) {
      throw this.described(error)
    }
  }

  private described(error: unknown): Error {
    const storage = asStorageError('read', error)
    const { code } = (error as { driverError?: { code?: unknown } }).driverError ?? {}
    if (!(storage instanceof StorageError) || (code !== '42P01' && code !== '42703')) return storage
    return new InvalidArgumentError(
      `${this.table} is not the table of sourced-repo-typeorm, with entityType, id, method, version, timestamp, data and ` +
        `snapshot (${(error as Error).message}). Name it with 'table' and 'schema'.`,
      { cause: error },
    )
  }
}
