import { newId } from '../new-id.mjs'

/**
 * A rival of so many callers, each of whom commits to a stream of its own, one event after another, without a pause.
 * `latencies`, if given, gets those of each run in milliseconds.
 */
export function callersOf(store, callers, latencies) {
  if (store.callers !== undefined) return { name: store.name, prepare: store.callers(callers) }
  return {
    name: store.name,
    prepare: (count) => {
      const streams = Array.from({ length: callers }, () => store.stream(newId()))
      const taken = []
      latencies?.push(taken)
      let left = count
      const call = async (stream) => {
        while (left-- > 0) {
          const started = performance.now()
          await stream.commit(1)
          taken.push(performance.now() - started)
        }
      }
      return () => Promise.all(streams.map(call))
    },
  }
}
