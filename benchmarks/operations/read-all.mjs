import { emmett } from '../contenders/postgres/emmett.mjs'
import { openDataSource } from '../contenders/postgres/data-source.mjs'
import { deposit } from '../account.mjs'
import { runChild } from '../harness/child.mjs'
import { fillEvents } from '../harness/fill-events.mjs'
import { createDatabase } from '../harness/postgres.mjs'
import { median, ratioOf } from '../harness/statistics.mjs'
import { figure, whole } from '../harness/table.mjs'
import { atLeast, atMost } from '../harness/targets.mjs'
import { newId } from '../new-id.mjs'

const WARM_UP = 5_000
const EVENTS_EACH = 100
const BATCH = 1_000

const CURSOR = 'raw cursor (DECLARE, FETCH 1000)'
const READ_ALL = 'typeorm-sourced, readAll'
const EMMETT_EVENTS = 20_000
const CONSUMER = `emmett's consumer (${whole(EMMETT_EVENTS)} events; it stores a checkpoint after each)`

/** All events in the global order, each reader in a process of its own, so that its memory is its own. */
export const readEverything = {
  name: 'read-all',
  contenders: { postgres: [] },
  quick: ['postgres'],
  run: async ({ options, server }) => {
    const events = options.quick ? 100_000 : 1_000_000
    const place = await createDatabase(server.url, 'read_all')
    const emmettPlace = await createDatabase(server.url, 'read_all_emmett')
    try {
      await (await openDataSource(place.url)).destroy()
      await fillEvents(place.url, { streams: events / EVENTS_EACH, eventsEach: EVENTS_EACH })
      const readers = [
        { name: CURSOR, program: 'readers/cursor.mjs', url: place.url, events },
        { name: READ_ALL, program: 'readers/ours.mjs', url: place.url, events },
      ]
      if (!options.quick) {
        await fillEmmett(emmettPlace.url, EMMETT_EVENTS)
        readers.push({
          name: CONSUMER,
          program: 'readers/emmett.mjs',
          url: emmettPlace.url,
          events: EMMETT_EVENTS,
        })
      }
      return [section(events, await readInTurn(readers, 3))]
    } finally {
      await place.drop()
      await emmettPlace.drop()
    }
  },
}

async function readInTurn(readers, rounds) {
  const results = new Map(readers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < readers.length; turn++) {
      const { name, program, url, events } = readers[(round + turn) % readers.length]
      const result = await runChild(program, [url, WARM_UP])
      if (result.events !== events || result.balance !== (events + WARM_UP) * deposit().amount)
        throw new Error(`${name} read ${result.events} of ${events} events`)
      results.get(name).push(result)
    }
  }
  return results
}

function section(events, results) {
  const rates = (name) => results.get(name).map((result) => (result.events / result.milliseconds) * 1_000)
  const memory = (name) => median(results.get(name).map(({ mebibytes }) => mebibytes))
  const [{ length: rounds }] = results.values()
  return {
    title: `Reads of all ${whole(events)} events in the global order   (medians of ${rounds} rounds, each in a process of its own)`,
    table: {
      columns: ['', 'events a second', 'of baseline', 'RSS over the start, MiB'],
      rows: [...results.keys()].map((name) => [
        name,
        whole(median(rates(name))),
        name === CURSOR ? 'baseline' : figure(ratioOf(rates(name), rates(CURSOR))),
        whole(memory(name)),
      ]),
    },
    targets: [
      atLeast('at least 0.7 of a raw cursor', ratioOf(rates(READ_ALL), rates(CURSOR)), 0.7),
      atMost('its memory rises by at most 150 MiB', memory(READ_ALL), 150),
    ],
  }
}

async function fillEmmett(url, events) {
  const store = await emmett.open(url)
  for (let left = events; left > 0; left -= BATCH) await store.stream(newId()).commit(BATCH)
  await store.close()
}
