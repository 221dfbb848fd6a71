import type { DataSource, EntityManager, QueryRunner } from 'typeorm'

/** Where the application wants work to happen: its manager or query runner, which may have a transaction open. */
export type Host = EntityManager | QueryRunner

/** The query runner that a host is bound to; `undefined` for a manager that takes one from the pool each time. */
export function runnerOf(host: Host): QueryRunner | undefined {
  return isQueryRunner(host) ? host : host.queryRunner
}

function isQueryRunner(host: Host): host is QueryRunner {
  return 'startTransaction' in host
}

/** The DataSource behind a manager or query runner. */
export function dataSourceOf(host: Host): DataSource {
  // TypeORM 1.x calls it dataSource and keeps this name as a getter; 0.3 has only this one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  return host.connection
}
