import { OURS_APPEND } from '../names.mjs'
import { throughAppend } from '../ours.mjs'
import { openDataSource } from './data-source.mjs'

export const oursAppend = {
  key: 'ours_append',
  name: OURS_APPEND,
  guarantees: 'the same, without aggregates',
  open: async (url) => throughAppend(await openDataSource(url)),
}
