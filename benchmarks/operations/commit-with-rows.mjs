import { HAND_WRITTEN, OURS, TYPEORM } from '../contenders/names.mjs'
import { newId } from './new-id.mjs'

/** Commits of one event together with upserts of read-model rows, in one transaction. */
export const commitWithOneRow = commitWithRows(1)
export const commitWithTenRows = commitWithRows(10)

function commitWithRows(rows) {
  return {
    name: `commit-rows-${rows}`,
    title: `Commits of 1 event and ${rows} read-model row${rows === 1 ? '' : 's'}, one after another`,
    unit: 'commits',
    databases: ['postgres'],
    rivals: (stores) => rivalsOf(stores, rows),
    targets: {
      postgres: [
        { text: 'at least 0.6 of hand-written SQL', of: OURS, against: HAND_WRITTEN, least: 0.6 },
        { text: 'at least 2 times save() in a transaction', of: OURS, against: TYPEORM, least: 2 },
      ],
    },
  }
}

function rivalsOf(stores, rows) {
  return stores
    .filter(({ upsertRows }) => upsertRows !== undefined)
    .map((store) => ({
      name: store.name,
      prepare: (count) => {
        const stream = store.stream(newId())
        return async () => {
          for (let nth = 0; nth < count; nth++) await stream.commitWithRows(rows)
        }
      },
    }))
}
