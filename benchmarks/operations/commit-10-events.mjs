import { compare } from '../harness/compare.mjs'
import { commitSequences } from './commit-sequence.mjs'
import { ON_SQLITE, ONE_AFTER_ANOTHER } from './who.mjs'

export const commitTenEvents = {
  name: 'commit-10',
  contenders: { postgres: ONE_AFTER_ANOTHER, sqliteFull: ON_SQLITE },
  run: async ({ stores, options }) => [
    await compare(
      {
        title: 'Commits of 10 events, one after another',
        unit: 'commits',
        rivals: commitSequences(stores, 10),
      },
      options.lengths,
    ),
  ],
}
