import { BalanceRow, CREATE_BALANCES } from './balance-row.mjs'
import { DataSource, postgresEntities, sourcedMigrations } from '../../module.mjs'
import { POOL_SIZE } from './pool-size.mjs'

/** The module's own tables, as an application sets them up. */
export async function openDataSource(url) {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    poolSize: POOL_SIZE,
    entities: [...postgresEntities, BalanceRow],
    migrations: [...sourcedMigrations],
  })
  await dataSource.initialize()
  await dataSource.runMigrations()
  await dataSource.query(CREATE_BALANCES)
  return dataSource
}
