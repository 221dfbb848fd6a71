import { deposit } from '../account.mjs'
import * as names from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { newId } from '../new-id.mjs'

const { EMMETT, HAND_WRITTEN, OURS } = names
const EVENTS = 100
const STREAMS = 10

/** Loads accounts of 100 events, in turn, and makes sure that everybody arrives at the same balance. */
export const loadHundredEvents = {
  name: 'load-100',
  contenders: {
    postgres: [
      HAND_WRITTEN,
      OURS,
      EMMETT,
      names.CASTORE,
      names.MESSAGE_DB,
      names.SOURCED_REPO,
      names.TYPEORM,
    ],
    sqliteFull: [names.RAW_SQLITE, OURS, names.EMMETT_SQLITE],
  },
  quick: ['postgres'],
  run: async ({ stores, kind, options }) => [
    await compare(
      {
        title: `Loads of an account of ${EVENTS} events, one after another`,
        unit: 'loads',
        rivals: await loadsOfHundred(stores),
        targets: kind === 'postgres' ? TARGETS : [],
        chart: kind === 'postgres' ? `Loads of an account of ${EVENTS} events a second, 1 caller` : undefined,
      },
      options.lengths,
    ),
  ],
}

const TARGETS = [
  fasterBy('at least 0.9 of hand-written SQL', OURS, HAND_WRITTEN, 0.9),
  fasterBy('at least 2.2 times emmett', OURS, EMMETT, 2.2),
]

export function loadsOfHundred(stores) {
  return Promise.all(stores.map(loads))
}

async function loads(store) {
  const ids = Array.from({ length: STREAMS }, newId)
  for (const id of ids) {
    const stream = store.stream(id)
    for (let events = 0; events < EVENTS; events += 10) await stream.commit(10)
  }
  return {
    name: store.name,
    prepare: (count) => async () => {
      for (let nth = 0; nth < count; nth++) {
        const balance = await store.load(ids[nth % STREAMS])
        if (balance !== EVENTS * deposit().amount)
          throw new Error(`${store.name} loaded a balance of ${balance}`)
      }
    },
  }
}
