import { EMMETT, HAND_WRITTEN, OURS, RAW_SQLITE } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { commitSequences } from './commit-sequence.mjs'
import { ON_SQLITE, ONE_AFTER_ANOTHER } from './who.mjs'

const TARGETS = {
  postgres: [
    fasterBy('at least 0.9 of hand-written SQL', OURS, HAND_WRITTEN, 0.9),
    fasterBy('at least 2 times emmett', OURS, EMMETT, 2),
  ],
  sqlite: [fasterBy('at least 0.7 of raw better-sqlite3', OURS, RAW_SQLITE, 0.7)],
}

export const commitOneEvent = {
  name: 'commit-1',
  contenders: { postgres: ONE_AFTER_ANOTHER, sqliteFull: ON_SQLITE, sqliteNormal: ON_SQLITE },
  quick: ['postgres', 'sqliteFull', 'sqliteNormal'],
  run: async ({ stores, kind, options }) => [
    await compare(
      {
        title: 'Commits of 1 event, one after another',
        unit: 'commits',
        rivals: commitSequences(stores, 1),
        targets: TARGETS[kind],
        chart: kind === 'postgres' ? 'Commits of 1 event a second, 1 caller' : undefined,
      },
      options.lengths,
    ),
  ],
}
