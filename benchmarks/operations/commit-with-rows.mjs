import { HAND_WRITTEN, HAND_WRITTEN_UNGUARDED, OURS, TYPEORM } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { newId } from '../new-id.mjs'

/** Commits of one event together with upserts of read-model rows, in one transaction. */
export const commitWithOneRow = commitWithRows(1, { targets: [] })
export const commitWithTenRows = commitWithRows(10, {
  quick: ['postgres'],
  targets: [
    fasterBy('at least 0.8 of hand-written SQL', OURS, HAND_WRITTEN, 0.8),
    fasterBy('at least 3 times save() in a transaction', OURS, TYPEORM, 3),
  ],
})

function commitWithRows(rows, { quick, targets }) {
  return {
    name: `commit-rows-${rows}`,
    contenders: { postgres: [HAND_WRITTEN, HAND_WRITTEN_UNGUARDED, OURS, TYPEORM] },
    quick,
    run: async ({ stores, options }) => [
      await compare(
        {
          title: `Commits of 1 event and ${rows} read-model row${rows === 1 ? '' : 's'}, one after another`,
          unit: 'commits',
          rivals: commitsWithRows(stores, rows),
          targets,
          notes: [
            "TypeORM's rows go through `save` here, in one transaction with the `insert` of the event.",
          ],
        },
        options.lengths,
      ),
    ],
  }
}

export function commitsWithRows(stores, rows) {
  return stores.map((store) => ({
    name: store.name,
    prepare: (count) => {
      const stream = store.stream(newId())
      return async () => {
        for (let nth = 0; nth < count; nth++) await stream.commitWithRows(rows)
      }
    },
  }))
}
