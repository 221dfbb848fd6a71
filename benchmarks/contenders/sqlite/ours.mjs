import { sourced } from '../../module.mjs'
import { OURS, OURS_APPEND } from '../names.mjs'
import { throughAppend, throughRepository } from '../ours.mjs'

export const oursRepository = {
  key: 'ours-repository',
  name: OURS,
  guarantees:
    'checks the version; triggers refuse gaps, updates and deletes; transactions of one process take turns',
  open: async (file) => throughRepository(await sourced.openSqlite(file)),
}

export const oursAppend = {
  key: 'ours-append',
  name: OURS_APPEND,
  guarantees: 'the same, without aggregates',
  open: async (file) => throughAppend(await sourced.openSqlite(file)),
}
