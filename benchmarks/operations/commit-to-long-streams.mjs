import { OURS } from '../contenders/names.mjs'
import { newId } from './new-id.mjs'

const [SHORT, MEDIUM, LONG] = [10, 1_000, 100_000]
const BATCH = 5_000

/** How many commits a short stream takes before the next one is begun: it must not grow into a long one. */
const COMMITS_A_STREAM = 50

/** Whether a commit costs more the longer its stream is: our own store on three lengths of stream. */
export const commitToLongStreams = {
  name: 'commit-to-long-streams',
  title: 'Commits of 1 event to streams of different lengths, typeorm-sourced only',
  unit: 'commits',
  databases: ['postgres', 'sqlite'],
  rivals: async (stores) => {
    const store = stores.find(({ name }) => name === OURS)
    const long = await filledStream(store, LONG)
    return [
      { name: nameOf(SHORT), prepare: (count) => commitsToNewStreams(store, SHORT, count) },
      { name: nameOf(MEDIUM), prepare: (count) => commitsToNewStreams(store, MEDIUM, count) },
      { name: nameOf(LONG), prepare: (count) => commits([long], count) },
    ]
  },
  targets: { postgres: [flat()], sqlite: [flat()] },
}

/** A tenth is what the medians of two equal streams differ by on a machine that does something else, too. */
function flat() {
  return {
    text: `a commit to ${LONG.toLocaleString('en')} events is as fast as one to ${SHORT} (at least 0.9)`,
    of: nameOf(LONG),
    against: nameOf(SHORT),
    least: 0.9,
  }
}

function nameOf(length) {
  return `a stream of ${length.toLocaleString('en')} events`
}

async function commitsToNewStreams(store, length, count) {
  const streams = []
  for (let left = count; left > 0; left -= COMMITS_A_STREAM) streams.push(await filledStream(store, length))
  return commits(streams, count)
}

function commits(streams, count) {
  return async () => {
    for (let nth = 0; nth < count; nth++)
      await streams[Math.floor(nth / COMMITS_A_STREAM) % streams.length].commit(1)
  }
}

async function filledStream(store, length) {
  const stream = store.stream(newId())
  for (let left = length; left > 0; left -= BATCH) await stream.commit(Math.min(left, BATCH))
  return stream
}
