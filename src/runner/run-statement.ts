import type { QueryRunner } from 'typeorm'
import type { Row, Statement } from '../sql/statement.js'
import type { PostgresClient } from './postgres-client.js'

/**
 * Runs a statement and decodes its rows: prepared by the server if a client is given, else through TypeORM. Throws
 * what the driver or TypeORM throws.
 */
export async function runStatement<Result>(
  runner: QueryRunner,
  statement: Statement<Result>,
  client: PostgresClient | undefined,
): Promise<Result> {
  const rows =
    client === undefined
      ? ((await runner.query(statement.text, [...statement.parameters])) as readonly Row[])
      : await client.run(statement)
  return statement.decode(rows)
}
