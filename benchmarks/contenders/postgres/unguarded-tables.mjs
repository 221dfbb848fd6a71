import { removeEventGuards } from '../../module.mjs'
import { openDataSource } from './data-source.mjs'

/** The module's tables with all columns, checks and keys, but without the triggers that guard the events. */
export async function createUnguardedTables(url) {
  const dataSource = await openDataSource(url)
  const runner = dataSource.createQueryRunner()
  await removeEventGuards(runner)
  await runner.release()
  return dataSource
}
