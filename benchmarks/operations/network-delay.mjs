import { emmett } from '../contenders/postgres/emmett.mjs'
import { handWritten } from '../contenders/postgres/hand-written.mjs'
import { oursRepository } from '../contenders/postgres/ours-repository.mjs'
import { compare } from '../harness/compare.mjs'
import { delayed } from '../harness/delayed.mjs'
import { createDatabase } from '../harness/postgres.mjs'
import { callersOf } from './callers.mjs'
import { commitSequences } from './commit-sequence.mjs'
import { commitsWithRows } from './commit-with-rows.mjs'
import { loadsOfHundred } from './load-100-events.mjs'

const EACH_WAY_MS = 0.5
const CALLERS = 16

/** The same with a millisecond of network between application and database, as between machines of one region. */
export const networkDelay = {
  name: 'network-delay',
  contenders: { postgres: [] },
  async *run({ options, server }) {
    const network = await delayed(server.url, EACH_WAY_MS)
    const stores = []
    try {
      for (const contender of [handWritten, oursRepository, emmett])
        stores.push(await openBehind(network, server.url, contender))
      yield* sections(stores, { ...options.lengths, rounds: Math.ceil(options.lengths.rounds / 2) })
    } finally {
      for (const { remove } of stores) await remove()
      await network.stop()
    }
  },
}

async function openBehind(network, adminUrl, { key, name, open }) {
  const { url, drop } = await createDatabase(adminUrl, `${key}_delayed`)
  const store = await open(network.through(url))
  const remove = async () => {
    await store.close()
    await drop()
  }
  return { name, ...store, remove }
}

async function* sections(stores, lengths) {
  const withRows = stores.filter(({ upsertRows }) => upsertRows !== undefined)
  const operations = [
    ['Commits of 1 event, one after another', 'commits', commitSequences(stores, 1)],
    ['Commits of 1 event and 1 read-model row, one after another', 'commits', commitsWithRows(withRows, 1)],
    ['Loads of an account of 100 events, one after another', 'loads', await loadsOfHundred(stores)],
    [
      `Commits of 1 event by ${CALLERS} callers, each to an aggregate of its own`,
      'commits',
      stores.map((store) => callersOf(store, CALLERS)),
    ],
  ]
  for (const [title, unit, rivals] of operations) {
    const delayedTitle = `${title}, with ${EACH_WAY_MS * 2} ms of network delay`
    yield await compare({ title: delayedTitle, unit, rivals }, { ...lengths, least: CALLERS * 4 })
  }
}
