import type { QueryRunner } from 'typeorm'
import type { Row, Statement } from '../sql/statement.js'

/** A driver's own way to run statements. */
export interface StatementClient {
  run(statement: Statement<unknown>): Promise<readonly Row[]>
}

/**
 * Runs a statement and decodes its rows: on the driver's own client if one is given, else through TypeORM. Throws what the driver or
 * TypeORM throws.
 */
export async function runStatement<Result>(
  runner: QueryRunner,
  statement: Statement<Result>,
  client: StatementClient | undefined,
): Promise<Result> {
  const rows =
    client === undefined
      ? ((await runner.query(statement.text, [...statement.parameters])) as readonly Row[])
      : await client.run(statement)
  return statement.decode(rows)
}
