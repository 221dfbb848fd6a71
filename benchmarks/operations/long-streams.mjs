import { newId } from '../new-id.mjs'

/** In one commit: few enough for one statement. */
const BATCH = 5_000

const filled = new WeakMap()

/** A stream of so many events; long ones are filled once for all operations, and may have become a little longer. */
export async function longStream(store, length) {
  const streams = filled.get(store) ?? new Map()
  filled.set(store, streams)
  if (!streams.has(length)) streams.set(length, await newStream(store, length))
  return streams.get(length)
}

export async function newStream(store, length) {
  const id = newId()
  const stream = { id, ...store.streamWithSnapshot(id) }
  for (let left = length; left > 0; left -= BATCH) await stream.commit(Math.min(left, BATCH))
  return stream
}
