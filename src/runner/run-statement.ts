import { createHash } from 'node:crypto'
import type { DataSource, QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import { dataSourceOf } from './host.js'
import type { Row, Statement } from '../sql/statement.js'

/** Runs a statement on a query runner and decodes its rows. Throws what the driver or TypeORM throws. */
export async function runStatement<Result>(
  runner: QueryRunner,
  statement: Statement<Result>,
  prepared: boolean,
): Promise<Result> {
  const rows = prepared
    ? await runPrepared(runner, statement)
    : ((await runner.query(statement.text, [...statement.parameters])) as readonly Row[])
  return statement.decode(rows)
}

/** What this module uses of a pg client. */
interface PostgresClient {
  query(config: { name: string; text: string; values: unknown[] }): Promise<{ rows: readonly Row[] }>
}

/**
 * TypeORM's own query() has Postgres parse and plan a statement each time. A named statement is planned once a
 * connection, which halves the cost of a commit. Logging stays TypeORM's.
 */
async function runPrepared(
  runner: QueryRunner,
  { text, parameters }: Statement<unknown>,
): Promise<readonly Row[]> {
  // After a lost connection a runner still hands out its client, which may serve somebody else by now.
  if (runner.isReleased) {
    throw new StorageError(
      'run',
      'The connection that this store is bound to is gone: its transaction ended or it broke.',
      true,
      'not-written',
    )
  }
  const client = (await runner.connect()) as PostgresClient
  const dataSource = dataSourceOf(runner)
  const values = [...parameters]
  dataSource.logger.logQuery(text, values, runner)
  const started = Date.now()
  try {
    const { rows } = await client.query({ name: statementName(text), text, values })
    logSlow(dataSource, Date.now() - started, text, values, runner)
    return rows
  } catch (error) {
    dataSource.logger.logQueryError(error as Error, text, values, runner)
    throw error
  }
}

function logSlow(
  dataSource: DataSource,
  elapsed: number,
  text: string,
  values: unknown[],
  runner: QueryRunner,
): void {
  const limit = dataSource.options.maxQueryExecutionTime
  if (limit !== undefined && limit > 0 && elapsed > limit)
    dataSource.logger.logQuerySlow(elapsed, text, values, runner)
}

const names = new Map<string, string>()

/** The same text gets the same name in every process, so that poolers may share what they prepared. */
function statementName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `sourced_${createHash('sha256').update(text).digest('base64url').slice(0, 20)}`
    names.set(text, name)
  }
  return name
}
