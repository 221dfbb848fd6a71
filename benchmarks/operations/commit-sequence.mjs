import { newId } from '../new-id.mjs'

/** Rivals that commit to one stream, one commit after another; each round begins a new stream. */
export function commitSequences(stores, events) {
  return stores.map((store) => ({
    name: store.name,
    prepare: (count) => {
      const stream = store.stream(newId())
      return async () => {
        for (let nth = 0; nth < count; nth++) await stream.commit(events)
      }
    },
  }))
}
