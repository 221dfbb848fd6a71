import type { DataSource } from 'typeorm'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventStore, InvalidArgumentError, SchemaError } from '../../src/index.js'
import { OutboxClaimError } from '../../src/errors/index.js'
import { OutboxRelay } from '../../src/outbox-relay.js'
import type { OutboxMessage } from '../../src/outbox-message.js'
import type { Codec } from '../../src/serialization/codec.js'
import { databases, postgres } from '../support/databases.js'
import { about, TestOutbox } from '../support/outbox.js'

/** A codec that not every process knows. */
const reversed: Codec = {
  label: 'reversed',
  version: 1,
  format: 'bytes',
  encode: (payload) => Buffer.from(JSON.stringify(payload)).reverse(),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).reverse().toString()) as unknown,
}

const ids = (messages: readonly OutboxMessage[]): string[] => messages.map(({ messageId }) => messageId)

describe.each(databases())('the outbox on $name', (database) => {
  let dataSource: DataSource
  let test: TestOutbox

  beforeAll(async () => {
    dataSource = await database.open()
    test = new TestOutbox(dataSource, [reversed])
  })
  afterAll(() => database.close(dataSource))
  afterEach(() => dataSource.query('delete from outbox_messages'))

  it('15.1 stages in the order given, and tells of the ids that exist already', async () => {
    expect(await test.stage([{ messageId: 'b' }, { messageId: 'a' }])).toEqual([])
    expect(await test.stage([{ messageId: 'c' }, { messageId: 'a' }, { messageId: 'b' }])).toEqual(['a', 'b'])
    expect(ids(await test.outbox.claim({ worker: 'w' }))).toEqual(['b', 'a', 'c'])
  })

  it('15.2 gives a claimed message as it was staged', async () => {
    const payload = { text: 'a\u0000b\ud800', list: [1, 2.5, null], nested: { z: 1, a: 2 } }
    await test.stage([
      { messageId: "it's", payload, destination: 'topic', metadata: { who: 'ann' }, ...about('a:b', 3) },
      { messageId: 'plain', payload: 12345.678 },
      { messageId: 'coded', payload: { secret: true }, codec: 'reversed' },
    ])
    const [message, plain, coded] = await test.outbox.claim<typeof payload>({ worker: 'w', leaseMs: 5_000 })
    expect(message).toEqual({
      messageId: "it's",
      worker: 'w',
      attempt: 1,
      type: 'happened',
      payload,
      destination: 'topic',
      metadata: { who: 'ann' },
      createdAt: expect.any(Date) as Date,
      claimedUntil: expect.any(Date) as Date,
      source: { aggregateType: 'account', aggregateId: 'a:b', sequence: 3 },
      correlationId: undefined,
      causationId: undefined,
    })
    expect(Object.keys(message!.payload.nested)).toEqual(['z', 'a'])
    expect(Math.abs(message!.claimedUntil.getTime() - message!.createdAt.getTime() - 5_000)).toBeLessThan(
      2_000,
    )
    expect(Math.abs(Date.now() - message!.createdAt.getTime())).toBeLessThan(5_000)
    expect([plain!.payload, coded!.payload]).toEqual([12345.678, { secret: true }])
    expect(plain).toMatchObject({ source: undefined, destination: undefined, metadata: {} })
  })

  it('15.2 a live claim is nobody else’s; one that ran out is claimed again, and its former holder is refused', async () => {
    await test.stage([{ messageId: 'a' }])
    const [first] = await test.outbox.claim({ worker: 'one', leaseMs: 100 })
    expect(await test.outbox.claim({ worker: 'two' })).toEqual([])
    expect(await test.outbox.claim({ worker: 'one' })).toEqual([])
    await sleep(150)
    const [second] = await test.outbox.claim({ worker: 'two' })
    expect(second).toMatchObject({ messageId: 'a', attempt: 2 })
    const before = await test.row('a')
    for (const end of [
      () => test.outbox.complete(first!),
      () => test.outbox.release(first!),
      () => test.outbox.fail(first!, new Error('late')),
      () => test.outbox.complete({ ...second!, attempt: 1 }),
      () => test.outbox.complete({ ...second!, worker: 'one' }),
      () => test.outbox.complete({ ...second!, messageId: 'b' }),
    ])
      await expect(end()).rejects.toThrow(OutboxClaimError)
    expect(await test.row('a')).toEqual(before)
    await test.outbox.complete(second!)
    await expect(test.outbox.complete(second!)).rejects.toMatchObject({
      code: 'OUTBOX_CLAIM',
      messageId: 'a',
      worker: 'two',
      attempt: 2,
    })
    expect(await test.row('a')).toMatchObject({ status: 'published', claimed_by: null, claimed_until: null })
  })

  it('15.2 a claim whose lease ran out cannot be ended, even if nobody else has taken it', async () => {
    await test.stage([{ messageId: 'a' }])
    const [message] = await test.outbox.claim({ worker: 'w', leaseMs: 50 })
    await sleep(100)
    await expect(test.outbox.complete(message!)).rejects.toThrow(OutboxClaimError)
    await expect(test.outbox.fail(message!, 'x')).rejects.toThrow(OutboxClaimError)
  })

  it('15.2 messages are due from their time on, and claimed oldest first up to the limit', async () => {
    const soon = new Date(Date.now() + 400)
    await test.stage([{ messageId: 'later', availableAt: soon }, { messageId: '1' }, { messageId: '2' }])
    await test.stage([{ messageId: '3', availableAt: new Date(0) }])
    expect(ids(await test.outbox.claim({ worker: 'w', limit: 2 }))).toEqual(['1', '2'])
    expect(ids(await test.outbox.claim({ worker: 'w', limit: 2 }))).toEqual(['3'])
    await sleep(500)
    expect(ids(await test.outbox.claim({ worker: 'w' }))).toEqual(['later'])
  })

  it('15.2 a released message is due at once, and the attempt does not count', async () => {
    await test.stage([{ messageId: 'a' }])
    const [message] = await test.outbox.claim({ worker: 'one' })
    await test.outbox.release(message!)
    expect(await test.row('a')).toMatchObject({ status: 'pending', attempts: 0, claimed_by: null })
    const [again] = await test.outbox.claim({ worker: 'two' })
    expect(again).toMatchObject({ messageId: 'a', attempt: 1 })
  })

  it('15.3 of one stream only the first message that is not published or failed is claimed', async () => {
    // Staged in another order than that of their versions, as two commits at the same time may be.
    await test.stage([
      { messageId: 'a2', ...about('a', 2) },
      { messageId: 'b1', ...about('b', 1) },
    ])
    await test.stage([
      { messageId: 'a1', ...about('a', 1) },
      { messageId: 'a3-first', ...about('a', 3) },
      { messageId: 'a3-second', ...about('a', 3) },
      { messageId: 'free' },
    ])
    const claim = (): Promise<OutboxMessage[]> => test.outbox.claim({ worker: 'w' })
    const [b1, a1, free] = await claim()
    expect(ids([b1!, a1!, free!])).toEqual(['b1', 'a1', 'free'])
    expect(await claim()).toEqual([])
    await test.outbox.complete(a1!)
    const [a2] = await claim()
    expect(a2!.messageId).toBe('a2')
    // Waiting to be tried again, it holds the later ones up; given up, it lets them pass.
    expect(await test.outbox.fail(a2!, 'x', { firstDelayMs: 100, maxAttempts: 2 })).toBe('pending')
    expect(await claim()).toEqual([])
    await sleep(150)
    const [again] = await claim()
    expect(await test.outbox.fail(again!, 'x', { maxAttempts: 2 })).toBe('failed')
    const [third] = await claim()
    expect(third!.messageId).toBe('a3-first')
    await test.outbox.complete(third!)
    expect(ids(await test.outbox.claim({ worker: 'w', sources: [about('b', 0).source] }))).toEqual([])
    expect(ids(await test.outbox.claim({ worker: 'w', sources: [about('a', 0).source] }))).toEqual([
      'a3-second',
    ])
  })

  it('15.3 a stream that waits with thousands of messages hides nobody else’s', async () => {
    await test.stage([{ ...about('waiting', 0), availableAt: new Date(Date.now() + 60_000) }])
    await test.stage(Array.from({ length: 3_000 }, (_, index) => about('waiting', index + 1)))
    await test.stage([
      { messageId: 'x1', ...about('x', 1) },
      { messageId: 'x2', ...about('x', 2) },
    ])
    await test.stage([{ messageId: 'free' }])
    expect(ids(await test.outbox.claim({ worker: 'w', limit: 1 }))).toEqual(['x1'])
    expect(ids(await test.outbox.claim({ worker: 'w' }))).toEqual(['free'])
    expect(ids(await test.outbox.claim({ worker: 'w' }))).toEqual([])
  })

  it('15.4 a failed message waits longer each time, is given up after the last attempt, and can be redriven', async () => {
    await test.stage([{ messageId: 'a' }, { messageId: 'other' }])
    const [other] = (await test.outbox.claim({ worker: 'w' })).slice(1)
    await test.outbox.complete(other!)
    await dataSource.query(`update outbox_messages set status = 'pending', claimed_by = null, claimed_until = null, attempts = 0
      where message_id = 'a'`)
    const pauses: number[] = []
    for (let attempt = 1; attempt <= 4; attempt++) {
      const [message] = await test.outbox.claim({ worker: 'w' })
      expect(message).toMatchObject({ messageId: 'a', attempt })
      const status = await test.outbox.fail(message!, new Error(`broken \0 ${attempt}`), {
        maxAttempts: 4,
        firstDelayMs: 100_000,
        maxDelayMs: 250_000,
      })
      expect(status).toBe(attempt === 4 ? 'failed' : 'pending')
      const row = await test.row('a')
      expect(row['last_error']).toBe(`broken  ${attempt}`)
      if (attempt === 4) break
      pauses.push(new Date(timeOf(row['next_available_at'])).getTime() - Date.now())
      expect(await test.outbox.claim({ worker: 'w' })).toEqual([])
      await dataSource.query(
        `update outbox_messages set next_available_at = created_at where message_id = 'a'`,
      )
    }
    const [first, second, third] = pauses as [number, number, number]
    expect([first > 49_000 && first < 101_000, second > 99_000 && second < 201_000]).toEqual([true, true])
    expect(third > 124_000 && third < 251_000).toBe(true)
    expect(await test.outbox.counts()).toMatchObject({ pending: 0, inFlight: 0, published: 1, failed: 1 })
    expect(await test.outbox.claim({ worker: 'w' })).toEqual([])
    expect(await test.outbox.redrive({ messageIds: ['other', 'unknown'] })).toBe(0)
    expect(await test.outbox.redrive({ messageIds: ['a'] })).toBe(1)
    const [message] = await test.outbox.claim({ worker: 'w' })
    expect(message).toMatchObject({ messageId: 'a', attempt: 1 })
    await test.outbox.fail(message!, 'x', { maxAttempts: 1 })
    expect(await test.outbox.redrive()).toBe(1)
  })

  it('15.4 a message that cannot be decoded is failed, and holds nothing up that can', async () => {
    const others = new TestOutbox(dataSource)
    await test.stage([
      { messageId: 'coded', payload: 1, codec: 'reversed' },
      { messageId: 'same stream', ...about('a', 1), payload: 1, codec: 'reversed' },
      { messageId: 'plain' },
    ])
    const told: [unknown, string][] = []
    const messages = await others.outbox.claim({
      worker: 'w',
      limit: 1,
      onUndecodable: (error, { messageId }) => told.push([error, messageId]),
    })
    expect(ids(messages)).toEqual(['plain'])
    expect(told.map(([, messageId]) => messageId)).toEqual(['coded', 'same stream'])
    expect((await test.row('coded'))['last_error']).toContain(`codec 'reversed' version 1`)
    expect(await test.outbox.counts()).toMatchObject({ pending: 2, inFlight: 1 })
  })

  it('15.2 purges what was published before a time, and nothing else', async () => {
    await test.stage(Array.from({ length: 1_203 }, (_, index) => ({ messageId: `m${index}` })))
    const claimed = await test.outbox.claim({ worker: 'w', limit: 1_202 })
    await test.outbox.fail(claimed.pop()!, 'x', { maxAttempts: 1 })
    await test.outbox.release(claimed.pop()!)
    await dataSource.query(
      `update outbox_messages set status = 'published', published_at = created_at, claimed_by = null, claimed_until = null
       where status = 'in_flight'`,
    )
    expect(await test.outbox.purge({ publishedBefore: new Date(Date.now() - 60_000) })).toBe(0)
    expect(await test.outbox.purge({ publishedBefore: new Date(Date.now() + 60_000) })).toBe(1_200)
    const counts = await test.outbox.counts()
    expect(counts).toMatchObject({ pending: 2, inFlight: 0, published: 0, failed: 1 })
    expect(counts.oldestPendingMs).toBeLessThan(60_000)
    await dataSource.query('delete from outbox_messages')
    expect((await test.outbox.counts()).oldestPendingMs).toBeUndefined()
  })

  it('15.2 ends a claim inside a host’s transaction with it, or not at all', async () => {
    await test.stage([{ messageId: 'a' }])
    const [message] = await test.outbox.claim({ worker: 'w' })
    const undone = dataSource.transaction(async (manager) => {
      await new TestOutbox(dataSource, [], manager).outbox.complete(message!)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await test.row('a')).toMatchObject({ status: 'in_flight' })
    await dataSource.transaction((manager) =>
      new TestOutbox(dataSource, [], manager).outbox.complete(message!),
    )
    expect(await test.row('a')).toMatchObject({ status: 'published' })
  })

  it('15.2 the database refuses rows whose status and claim contradict each other', async () => {
    await test.stage([{ messageId: 'a' }])
    const refused = [
      `status = 'sent'`,
      `status = 'in_flight', attempts = 1`,
      `status = 'in_flight', attempts = 1, claimed_by = 'w'`,
      `status = 'in_flight', claimed_by = 'w', claimed_until = created_at`,
      `claimed_by = 'w'`,
      `claimed_until = created_at`,
      `status = 'published', attempts = 1`,
      `published_at = created_at`,
      `status = 'failed', attempts = 1`,
      `failed_at = created_at`,
      `attempts = -1`,
      `ordinal = 0`,
      `message_id = ''`,
      `message_type = ''`,
      `payload_codec = ''`,
      `payload_codec_version = 0`,
      `destination = ''`,
      `source_type = 'account'`,
      `source_id = 'a', source_sequence = 1`,
      `source_type = 'account', source_id = 'a'`,
    ]
    const before = await test.row('a')
    for (const change of refused) {
      await expect(dataSource.query(`update outbox_messages set ${change}`)).rejects.toThrow(
        /ck_outbox_messages_/,
      )
    }
    expect(await test.row('a')).toEqual(before)
  })

  it('15.2 refuses unknown options and impossible values', async () => {
    const { outbox } = test
    const refused = [
      () => outbox.claim({ worker: '' }),
      () => outbox.claim({ worker: 'w', limit: 0 }),
      () => outbox.claim({ worker: 'w', leaseMs: -1 }),
      () => outbox.claim({ worker: 'w', batch: 1 } as never),
      () => outbox.redrive({ ids: [] } as never),
      () => outbox.purge({ publishedBefore: new Date(Number.NaN) }),
      () => outbox.fail({ messageId: 'a', worker: 'w', attempt: 1 }, 'x', { maxAttempts: 0 }),
    ]
    for (const call of refused) await expect(call()).rejects.toThrow(InvalidArgumentError)
    const publish = (): Promise<void> => Promise.resolve()
    for (const options of [
      {},
      { publish, leaseMs: 1 },
      { publish, concurrency: 0 },
      { publish, maxAttempts: 0 },
      { publish, retries: 1 },
      { publish, pollMs: -1 },
      { publish, worker: ' ' },
    ])
      expect(() => new OutboxRelay(test, options as never)).toThrow(InvalidArgumentError)
  })

  describe('the relay', () => {
    let relay: OutboxRelay | undefined
    afterEach(() => relay?.stop())

    it('15.4 runOnce publishes what is due, streams in order, and gives how many', async () => {
      const messages = Array.from({ length: 30 }, (_, index) => ({
        messageId: `m${index}`,
        ...about(`s${index % 3}`, 1 + Math.floor(index / 3)),
      }))
      await test.stage([...messages, { messageId: 'later', availableAt: new Date(Date.now() + 60_000) }])
      const published: OutboxMessage[] = []
      relay = new OutboxRelay(test, {
        batchSize: 4,
        publish: async (message) => {
          await sleep(Math.random() * 3)
          published.push(message)
        },
      })
      expect(await relay.runOnce()).toBe(30)
      expect(await relay.runOnce()).toBe(0)
      for (const stream of ['s0', 's1', 's2']) {
        const ofStream = published.filter(({ source }) => source?.aggregateId === stream)
        expect(ofStream.map(({ source }) => source?.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      }
      expect(await test.outbox.counts()).toMatchObject({ published: 30, pending: 1, inFlight: 0 })
    })

    it('15.4 tries again what failed, and gives up after the last attempt', async () => {
      await test.stage([
        { messageId: 'poison', ...about('a', 1) },
        { messageId: 'next', ...about('a', 2) },
        { messageId: 'flaky' },
      ])
      const calls: string[] = []
      const errors: [string, string | undefined][] = []
      relay = new OutboxRelay(test, {
        maxAttempts: 3,
        firstDelayMs: 10,
        maxDelayMs: 20,
        pollMs: 5,
        onError: (error, message) => errors.push([(error as Error).message, message?.messageId]),
        publish: ({ messageId, attempt }) => {
          calls.push(messageId)
          if (messageId === 'poison' || (messageId === 'flaky' && attempt === 1)) throw new Error('refused')
          return Promise.resolve()
        },
      })
      relay.start()
      await until(async () => (await test.outbox.counts()).published === 2)
      await relay.stop()
      expect(calls.filter((id) => id === 'poison')).toHaveLength(3)
      expect(calls.filter((id) => id === 'flaky')).toHaveLength(2)
      expect(calls.lastIndexOf('poison')).toBeLessThan(calls.indexOf('next'))
      expect(errors).toHaveLength(4)
      expect(errors).toContainEqual(['refused', 'flaky'])
      expect(await test.row('poison')).toMatchObject({ status: 'failed', attempts: 3, last_error: 'refused' })
    })

    it('15.4 gives up a message whose workers died at every attempt', async () => {
      await test.stage([{ messageId: 'killer' }])
      for (const worker of ['one', 'two']) {
        await test.outbox.claim({ worker, leaseMs: 20 })
        await sleep(40)
      }
      const calls: string[] = []
      relay = new OutboxRelay(test, {
        maxAttempts: 2,
        onError: () => undefined,
        publish: ({ messageId }) => Promise.resolve(void calls.push(messageId)),
      })
      expect(await relay.runOnce()).toBe(0)
      expect(calls).toEqual([])
      expect(await test.row('killer')).toMatchObject({ status: 'failed', attempts: 3 })
    })

    it('15.4 wakes when something is committed, long before it would look by itself', async () => {
      const published: string[] = []
      relay = new OutboxRelay(test, {
        pollMs: 60_000,
        publish: ({ messageId }) => Promise.resolve(void published.push(messageId)),
      })
      relay.start()
      relay.start()
      await sleep(100)
      const started = performance.now()
      await test.stage([{ messageId: 'a' }])
      await until(() => published.length === 1)
      expect(performance.now() - started).toBeLessThan(1_000)
      await relay.stop()
      expect(test.listening).toBe(0)
      await test.stage([{ messageId: 'b' }])
      await sleep(50)
      expect(published).toEqual(['a'])
      relay.start()
      await until(() => published.length === 2)
    })

    it('15.5 stop waits for what is being published and gives back what was not begun', async () => {
      await test.stage(Array.from({ length: 20 }, (_, index) => ({ messageId: `m${index}` })))
      let begun = 0
      let ended = 0
      relay = new OutboxRelay(test, {
        concurrency: 2,
        publish: async () => {
          begun++
          await sleep(200)
          ended++
        },
      })
      relay.start()
      await until(() => begun === 2)
      await Promise.all([relay.stop(), relay.stop()])
      expect([begun, ended]).toEqual([2, 2])
      expect(await test.outbox.counts()).toMatchObject({ published: 2, pending: 18, inFlight: 0 })
      const [next] = await test.outbox.claim({ worker: 'another', limit: 1 })
      expect(next).toMatchObject({ messageId: 'm2', attempt: 1 })
      await relay.stop()
    })

    it('15.4 does not begin with what has waited for half of its lease, and loses none of it', async () => {
      await test.stage(Array.from({ length: 12 }, (_, index) => ({ messageId: `m${index}` })))
      const published: string[] = []
      const errors: unknown[] = []
      relay = new OutboxRelay(test, {
        concurrency: 1,
        leaseMs: 300,
        onError: (error) => errors.push(error),
        publish: async ({ messageId, attempt }) => {
          await sleep(50)
          published.push(`${messageId}:${attempt}`)
        },
      })
      expect(await relay.runOnce()).toBe(12)
      expect(published.sort()).toEqual(Array.from({ length: 12 }, (_, index) => `m${index}:1`).sort())
      expect(errors).toEqual([])
    })

    it('15.4 goes on when the database was away, and when whoever is told of errors throws', async () => {
      const published: string[] = []
      const claim = jest.spyOn(test.outbox.constructor.prototype as { claim(): Promise<never> }, 'claim')
      claim.mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('still away'))
      const told: unknown[] = []
      relay = new OutboxRelay(test, {
        pollMs: 10,
        publish: ({ messageId }) => Promise.resolve(void published.push(messageId)),
        onError: (error) => {
          told.push((error as Error).message)
          throw new Error('not listening')
        },
      })
      await test.stage([{ messageId: 'a' }])
      relay.start()
      await until(() => published.length === 1)
      claim.mockRestore()
      expect(told).toEqual(['away', 'still away'])
    })
  })
})

it('15.2 everything works without prepared statements too', async () => {
  const database = postgres()
  const dataSource = await database.open()
  const store = new EventStore(dataSource, { preparedStatements: false })
  const handle = (): Promise<string> =>
    store.handleOnce({ consumer: 'c', messageId: 'm' }, (work) => {
      for (const messageId of ['a', 'b', 'c', 'd']) work.send({ type: 'noted', messageId })
      return Promise.resolve()
    })
  expect([await handle(), await handle()]).toEqual(['handled', 'already-handled'])
  const [a, b, c, d] = await store.outbox.claim({ worker: 'w' })
  await store.outbox.complete(a!)
  await store.outbox.release(b!)
  await store.outbox.fail(c!, 'x', { maxAttempts: 1 })
  await store.outbox.fail(d!, 'x')
  expect(await store.outbox.counts()).toMatchObject({ pending: 2, inFlight: 0, published: 1, failed: 1 })
  expect(await store.outbox.redrive()).toBe(1)
  const tomorrow = new Date(Date.now() + 86_400_000)
  expect(await store.outbox.purge({ publishedBefore: tomorrow })).toBe(1)
  expect(await store.purgeProcessedMessages({ before: tomorrow, consumer: 'c' })).toBe(1)
  const stream = { aggregateType: 'a', aggregateId: 'b' }
  const lock = { across: 'processes', leaseMs: 150 } as const
  expect(await store.withLock([stream], () => sleep(200, 'done'), lock)).toBe('done')
  await database.close(dataSource)
})

it('15.1 a store without the outbox’s entity works, and says what the outbox needs', async () => {
  for (const database of databases()) {
    const dataSource = await database.open()
    const bare = await database.open()
    // As if the host had not registered it.
    const marked = bare.entityMetadatas.findIndex(({ tableName }) => tableName === 'outbox_messages')
    ;(bare as { entityMetadatas: unknown[] }).entityMetadatas.splice(marked, 1)
    await expect(new TestOutbox(bare).outbox.counts()).rejects.toThrow(/does not register its entity/)
    await expect(new TestOutbox(bare).outbox.counts()).rejects.toThrow(SchemaError)
    await dataSource.query('drop table outbox_messages')
    await expect(new TestOutbox(dataSource).outbox.counts()).rejects.toThrow(SchemaError)
    await expect(new TestOutbox(dataSource).outbox.counts()).rejects.toThrow(/createMessagingTables/)
    await database.close(bare)
    await database.close(dataSource).catch(() => undefined)
  }
})

function timeOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : `${String(value).replace(' ', 'T')}Z`
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 5) {
    if (waited > 10_000) throw new Error('It did not happen in time.')
    await sleep(5)
  }
}
