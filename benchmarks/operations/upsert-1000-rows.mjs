import { HAND_WRITTEN, HAND_WRITTEN_UNGUARDED, OURS, TYPEORM } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { newId } from '../new-id.mjs'

const ROWS = 1_000

/** One plan of upserts; the rows exist after the first. */
export const upsertThousandRows = {
  name: 'upsert-1000',
  contenders: { postgres: [HAND_WRITTEN, HAND_WRITTEN_UNGUARDED, OURS, TYPEORM] },
  run: async ({ stores, options }) => [
    await compare(
      {
        title: `Upserts of ${ROWS.toLocaleString('en')} read-model rows in one plan`,
        unit: 'plans',
        rivals: stores.map(upserts),
        targets: [fasterBy('as fast as repository.upsert', OURS, TYPEORM, 1)],
      },
      options.lengths,
    ),
  ],
}

function upserts(store) {
  return {
    name: store.name,
    prepare: (count) => {
      const id = newId()
      return async () => {
        for (let nth = 0; nth < count; nth++) await store.upsertRows(id, ROWS)
      }
    },
  }
}
