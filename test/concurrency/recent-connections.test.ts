import type { EventEmitter } from 'node:events'
import { setImmediate as loopTurn } from 'node:timers/promises'
import type { DataSource, DataSourceOptions } from 'typeorm'
import { EventStore } from '../../src/index.js'
import { postgres } from '../support/databases.js'

interface Pool extends EventEmitter {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

const database = postgres()
let dataSource: DataSource
let store: EventStore

async function open(options: Partial<DataSourceOptions>): Promise<void> {
  dataSource = await database.open(options)
  store = new EventStore(dataSource)
  await store.verifySchema()
  await loopTurn()
}
afterEach(() => database.close(dataSource))

const pool = (): Pool => (dataSource.driver as unknown as { master: Pool }).master

const append = (aggregateId: string): Promise<unknown> =>
  store.append({
    aggregateType: 'recent',
    aggregateId,
    expectedVersion: 'any',
    events: [{ name: 'happened' }],
  })

async function lengthOf(aggregateId: string): Promise<number> {
  let length = 0
  for await (const { sequence } of store.readStream({ aggregateType: 'recent', aggregateId }))
    length = sequence
  return length
}

/** How often somebody takes a connection out of the pool while the work runs. */
async function acquired(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const note = (): void => {
    count++
  }
  pool().on('acquire', note)
  await work()
  pool().off('acquire', note)
  return count
}

it('10.3 calls that follow each other at once use one connection, and go through the pool once in a hundred times', async () => {
  await open({ poolSize: 4 })
  const times = await acquired(async () => {
    for (let nth = 0; nth < 250; nth++) await append('row')
  })
  expect(times).toBe(3)
  expect(await lengthOf('row')).toBe(250)
})

it('10.3 a connection goes back when the event loop turns', async () => {
  await open({ poolSize: 4 })
  await append('turn')
  await loopTurn()
  expect([pool().idleCount, pool().waitingCount]).toEqual([pool().totalCount, 0])
  expect(await acquired(() => append('turn'))).toBe(1)
})

it('10.3 whoever waits for the only connection gets it while commits follow each other without end', async () => {
  await open({ poolSize: 1 })
  let isServed = false as boolean
  const served = dataSource
    .query<{ answer: number }[]>('select 42 as answer')
    .then(([row]) => row?.answer)
    .finally(() => {
      isServed = true
    })
  let commits = 0
  while (!isServed && commits < 50) {
    await append('busy')
    commits++
  }
  expect(await served).toBe(42)
  expect(commits).toBeLessThan(50)
  expect(await lengthOf('busy')).toBe(commits)
})

it('10.3 a connection that breaks meanwhile is not used again', async () => {
  await open({ poolSize: 4 })
  let client: EventEmitter | undefined
  pool().once('acquire', (taken: EventEmitter) => {
    client = taken
  })
  await append('broken')
  client!.emit('error', new Error('connection reset'))
  expect(await acquired(() => append('broken'))).toBe(1)
  expect(await lengthOf('broken')).toBe(2)
})

it('10.3 a connection goes back although a test of the host fakes the timers', async () => {
  await open({ poolSize: 1 })
  jest.useFakeTimers()
  try {
    await append('faked')
    expect(await dataSource.query('select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    jest.useRealTimers()
  }
})

it('10.3 the DataSource can be closed at once, and opened again', async () => {
  await open({ poolSize: 4 })
  await append('closed')
  await dataSource.destroy()
  await dataSource.initialize()
  await append('closed')
  expect(await lengthOf('closed')).toBe(2)
})
