import { commitSequences } from './commit-sequence.mjs'

export const commitTenEvents = {
  name: 'commit-10',
  title: 'Commits of 10 events, one after another',
  unit: 'commits',
  databases: ['postgres', 'sqlite'],
  rivals: (stores) => commitSequences(stores, 10),
}
