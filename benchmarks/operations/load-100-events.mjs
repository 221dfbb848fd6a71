import { deposit } from '../account.mjs'
import { EMMETT, HAND_WRITTEN, OURS } from '../contenders/names.mjs'
import { newId } from './new-id.mjs'

const EVENTS = 100
const STREAMS = 10

/** Loads accounts of 100 events, in turn, and makes sure that everybody arrives at the same balance. */
export const loadHundredEvents = {
  name: 'load-100',
  title: `Loads of an account of ${EVENTS} events, one after another`,
  unit: 'loads',
  databases: ['postgres', 'sqlite'],
  rivals: (stores) => Promise.all(stores.filter(({ load }) => load !== undefined).map(loads)),
  targets: {
    postgres: [
      { text: 'at least 0.8 of hand-written SQL', of: OURS, against: HAND_WRITTEN, least: 0.8 },
      { text: 'at least 2 times emmett', of: OURS, against: EMMETT, least: 2 },
    ],
  },
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
