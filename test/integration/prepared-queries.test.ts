import type { EventEmitter } from 'node:events'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { EventStore, StorageError } from '../../src/index.js'
import { postgres } from '../support/databases.js'

const database = postgres()

/** Texts that mean something in the text of a list. */
const ODD = ['plain', 'null', 'NULL', '"', '\\', '\\"', '{a,b}', 'a,b', "it's", 'line\nbreak', 'é𝒳', '\\x00']

it('3.6 parameters that are lists keep every character', async () => {
  const dataSource = await database.open()
  const store = new EventStore(dataSource)
  for (const messageId of ODD)
    await store.handleOnce({ consumer: 'odd', messageId }, (work) => {
      work.append({ aggregateType: 'odd', aggregateId: 'a', expectedVersion: 'any', events: [{ name: 'x' }] })
    })
  const rows = await dataSource.query<{ message_id: string }[]>('select message_id from processed_messages')
  expect(rows.map((row) => row.message_id).sort()).toEqual([...ODD].sort())
  await database.close(dataSource)
})

it('3.11 the server describes the rows of a statement once a connection', async () => {
  const dataSource = await database.open({ poolSize: 1 })
  const store = new EventStore(dataSource)
  await store.verifySchema()
  // The connection that was just used goes back to the pool first.
  await loopTurn()
  const { master } = dataSource.driver as unknown as { master: EventEmitter }
  let described = 0
  master.once('acquire', ({ connection }: { connection: EventEmitter }) => {
    connection.on('rowDescription', () => {
      described++
    })
  })
  for (let expectedVersion = 0; expectedVersion < 20; expectedVersion++)
    await store.append({
      aggregateType: 'described',
      aggregateId: 'a',
      expectedVersion,
      events: [{ name: 'x' }],
    })
  expect(described).toBe(1)
  await database.close(dataSource)
})

it('3.11 a type parser that the host sets later counts for statements that were described before', async () => {
  const dataSource = await database.open({ poolSize: 1 })
  const store = new EventStore(dataSource)
  const stream = { aggregateType: 'parsed', aggregateId: 'late' }
  await store.append({ ...stream, expectedVersion: 0, events: [{ name: 'x' }] })
  const read = async (): Promise<void> => {
    for await (const { name } of store.readStream(stream)) expect(name).toBe('x')
  }
  await read()
  await loopTurn()
  const { master } = dataSource.driver as unknown as { master: EventEmitter }
  let asked = 0
  master.once('acquire', (client: { getTypeParser: (oid: number, format: 'text') => unknown }) => {
    const original = client.getTypeParser.bind(client)
    client.getTypeParser = (oid, format) => {
      asked++
      return original(oid, format)
    }
  })
  await read()
  expect(asked).toBeGreaterThan(0)
  await database.close(dataSource)
})

it("3.11 a type parser of the host's that fails is an error of the call, and leaves the connection usable", async () => {
  let isBroken = false
  const getTypeParser = () => (text: string) => {
    if (isBroken) throw new Error('cannot parse')
    return text
  }
  const dataSource = await database.open({ poolSize: 1 })
  const store = new EventStore(dataSource)
  await store.append({
    aggregateType: 'parsed',
    aggregateId: 'a',
    expectedVersion: 0,
    events: [{ name: 'x' }],
  })
  // The connection that was just used goes back to the pool first.
  await loopTurn()
  const { master } = dataSource.driver as unknown as { master: EventEmitter }
  master.once('acquire', (client: { getTypeParser: unknown }) => {
    client.getTypeParser = getTypeParser
  })
  isBroken = true
  const read = async (): Promise<string[]> => {
    const names: string[] = []
    for await (const { name } of store.readStream({ aggregateType: 'parsed', aggregateId: 'a' }))
      names.push(name)
    return names
  }
  await expect(read()).rejects.toThrow(StorageError)
  isBroken = false
  expect(await read()).toEqual(['x'])
  await database.close(dataSource)
})
