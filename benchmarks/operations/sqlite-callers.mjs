import { OURS } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { callersOf } from './callers.mjs'

const MANY = 64

/** On SQLite the question is whether callers at the same time share the fsync of a commit: ours, 1 caller against 64. */
export const commitConcurrentlyOnSqlite = {
  name: 'commit-concurrently',
  contenders: { sqliteFull: [OURS], sqliteNormal: [OURS] },
  quick: ['sqliteFull', 'sqliteNormal'],
  run: async ({ stores: [store], options }) => [
    await compare(
      {
        title: 'Commits of 1 event by callers at the same time, typeorm-sourced only',
        unit: 'commits',
        rivals: [1, MANY].map((callers) => ({ ...callersOf(store, callers), name: nameOf(callers) })),
        targets: [fasterBy(`${MANY} callers at least 5 times 1 caller`, nameOf(MANY), nameOf(1), 5)],
        notes: [
          'better-sqlite3 is synchronous and emmett-sqlite takes one caller at a time: to them 64 callers are one.',
        ],
      },
      { ...options.lengths, least: MANY * 4 },
    ),
  ],
}

function nameOf(callers) {
  return callers === 1 ? '1 caller' : `${callers} callers`
}
