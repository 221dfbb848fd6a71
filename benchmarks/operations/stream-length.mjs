import { OURS } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { whole } from '../harness/table.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { longStream, newStream } from './long-streams.mjs'

const SHORT = 10
const LONG = 100_000
const LENGTHS = [SHORT, 1_000, LONG, 1_000_000]

/** From this length on a stream hardly gets longer by the commits of a run. */
const LASTS_FROM = 10_000

/** How many commits a short stream takes before the next one is begun: it must not grow into a long one. */
const COMMITS_A_STREAM = 50

/** Whether a commit costs more the longer its stream is: our own store on different lengths of stream. */
export const commitToLongStreams = {
  name: 'commit-to-long-streams',
  contenders: { postgres: [OURS], sqliteFull: [OURS] },
  run: async ({ stores: [store], kind, options }) => [
    await compare(
      {
        title: 'Commits of 1 event to streams of different lengths, typeorm-sourced only',
        unit: 'commits',
        rivals: await Promise.all(lengthsOn(kind).map((length) => commitsTo(store, length))),
        targets: [
          // A tenth is what the medians of two equal streams differ by on a machine that does something else, too.
          fasterBy(
            `a commit to ${whole(LONG)} events is as fast as one to ${SHORT} (at least 0.9)`,
            nameOf(LONG),
            nameOf(SHORT),
            0.9,
          ),
        ],
      },
      options.lengths,
    ),
  ],
}

/** Whether a load costs more the longer the stream is, when there is a snapshot of it. */
export const loadWithSnapshot = {
  name: 'load-with-snapshot',
  contenders: { postgres: [OURS] },
  quick: ['postgres'],
  run: async ({ stores: [store], options }) => {
    const lengths = options.quick ? [SHORT, LONG] : LENGTHS
    return [
      await compare(
        {
          title: 'Loads of streams of different lengths; the long ones have a snapshot and 5 events after it',
          unit: 'loads',
          rivals: await Promise.all(lengths.map((length) => loadsOf(store, length))),
          targets: [
            fasterBy(
              `${whole(LONG)} events with a snapshot take at most 1.5 times as long as ${SHORT} events (at least 0.67 as fast)`,
              nameOf(LONG),
              nameOf(SHORT),
              1 / 1.5,
            ),
          ],
        },
        options.lengths,
      ),
    ]
  },
}

/** SQLite, where everything is synchronous, would take too long to fill the longest. */
function lengthsOn(kind) {
  return kind === 'sqlite' ? LENGTHS.filter((length) => length <= LONG) : LENGTHS
}

async function commitsTo(store, length) {
  const lasting = length >= LASTS_FROM ? await longStream(store, length) : undefined
  return {
    name: nameOf(length),
    prepare: async (count) => {
      const streams = []
      if (lasting !== undefined) streams.push(lasting)
      else
        for (let left = count; left > 0; left -= COMMITS_A_STREAM)
          streams.push(await newStream(store, length))
      return async () => {
        for (let nth = 0; nth < count; nth++)
          await streams[Math.floor(nth / COMMITS_A_STREAM) % streams.length].commit(1)
      }
    },
  }
}

async function loadsOf(store, length) {
  const stream = length >= LASTS_FROM ? await longStream(store, length) : await newStream(store, length)
  if (length > SHORT) {
    await stream.snapshot()
    await stream.commit(5)
  }
  return {
    name: nameOf(length),
    prepare: (count) => async () => {
      for (let nth = 0; nth < count; nth++) await store.loadFromSnapshot(stream.id)
    },
  }
}

function nameOf(length) {
  return `a stream of ${whole(length)} events`
}
