import type { QueryRunner } from 'typeorm'
import { dataSourceOf } from './host.js'

/** What the host's logger is told about one statement that does not go through TypeORM's own query(). */
export class QueryLog {
  private readonly limit: number
  private readonly started: number

  constructor(
    private readonly runner: QueryRunner,
    private readonly text: string,
    private readonly values: unknown[] | undefined,
  ) {
    const { logger, options } = dataSourceOf(runner)
    logger.logQuery(text, values, runner)
    this.limit = options.maxQueryExecutionTime ?? 0
    this.started = this.limit > 0 ? Date.now() : 0
  }

  done(): void {
    if (this.limit === 0) return
    const elapsed = Date.now() - this.started
    if (elapsed > this.limit)
      dataSourceOf(this.runner).logger.logQuerySlow(elapsed, this.text, this.values, this.runner)
  }

  failed(error: unknown): void {
    dataSourceOf(this.runner).logger.logQueryError(error as Error, this.text, this.values, this.runner)
  }
}
