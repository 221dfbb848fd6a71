import { OURS, TYPEORM } from '../contenders/names.mjs'
import { newId } from './new-id.mjs'

const ROWS = 1_000

/** One plan of upserts; the rows exist after the first. */
export const upsertThousandRows = {
  name: 'upsert-1000',
  title: `Upserts of ${ROWS.toLocaleString('en')} read-model rows in one plan`,
  unit: 'plans',
  databases: ['postgres'],
  rivals: (stores) =>
    stores
      .filter(({ upsertRows }) => upsertRows !== undefined)
      .map((store) => ({
        name: store.name,
        prepare: (count) => {
          const id = newId()
          return async () => {
            for (let nth = 0; nth < count; nth++) await store.upsertRows(id, ROWS)
          }
        },
      })),
  targets: {
    postgres: [{ text: 'as fast as repository.upsert', of: OURS, against: TYPEORM, least: 1 }],
  },
}
