import { OURS } from '../names.mjs'
import { throughRepository } from '../ours.mjs'
import { openDataSource } from './data-source.mjs'

export const oursRepository = {
  key: 'ours_repository',
  name: OURS,
  guarantees:
    'checks the version; triggers refuse gaps, updates and deletes; a reader of the global order misses nothing',
  open: async (url) => throughRepository(await openDataSource(url)),
}
