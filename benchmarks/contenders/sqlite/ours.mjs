import { sourced } from '../../module.mjs'
import { OURS, OURS_APPEND } from '../names.mjs'
import { throughAppend, throughRepository } from '../ours.mjs'

export const oursRepository = (synchronous) => ({
  key: `ours-repository-${synchronous}`,
  name: OURS,
  guarantees:
    'checks the version; triggers refuse gaps, updates and deletes; transactions of one process take turns',
  open: async (file) => throughRepository(await openDataSource(file, synchronous)),
})

export const oursAppend = (synchronous) => ({
  key: `ours-append-${synchronous}`,
  name: OURS_APPEND,
  guarantees: 'the same, without aggregates',
  open: async (file) => throughAppend(await openDataSource(file, synchronous)),
})

async function openDataSource(file, synchronous) {
  const dataSource = await sourced.openSqlite(file)
  await dataSource.query(`PRAGMA synchronous = ${synchronous}`)
  return dataSource
}
