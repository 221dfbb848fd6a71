import { DataSource } from 'typeorm'
import { setTimeout as sleep } from 'node:timers/promises'
import { OutboxClaimError } from '../../src/errors/index.js'
import { OutboxRelay } from '../../src/outbox-relay.js'
import type { OutboxMessage } from '../../src/outbox-message.js'
import { databases, postgres } from '../support/databases.js'
import { about, TestOutbox } from '../support/outbox.js'
import { seededRandom } from '../support/random.js'

describe.each(databases())('many workers on $name', (database) => {
  let dataSource: DataSource
  /** On Postgres each worker has a pool of its own, as in a process of its own. */
  let workers: TestOutbox[]
  const others: DataSource[] = []

  beforeAll(async () => {
    dataSource = await database.open()
    if (dataSource.options.type === 'postgres') {
      for (let other = 0; other < 3; other++)
        others.push(await new DataSource({ ...dataSource.options }).initialize())
    }
    const sources = [dataSource, ...others]
    workers = Array.from({ length: 4 }, (_, worker) => new TestOutbox(sources[worker % sources.length]!))
  })
  afterAll(async () => {
    for (const other of others) await other.destroy()
    await database.close(dataSource)
  })
  afterEach(() => dataSource.query('delete from outbox_messages'))

  it('15.2 16 workers claim 2,000 messages: each message once', async () => {
    const [{ outbox }] = workers as [TestOutbox]
    for (let page = 0; page < 4; page++) {
      await workers[0]!.stage(Array.from({ length: 500 }, (_, index) => ({ messageId: `${page}-${index}` })))
    }
    const claimed: string[] = []
    const work = async (worker: number): Promise<void> => {
      const mine = workers[worker % workers.length]!.outbox
      for (;;) {
        const messages = await mine.claim({ worker: `w${worker}`, limit: 1 + (worker % 7) })
        if (messages.length === 0) return
        claimed.push(...messages.map(({ messageId }) => messageId))
        if (worker % 2 === 0) await Promise.all(messages.map((message) => mine.complete(message)))
      }
    }
    // Whoever finds nothing may have met messages that another one was just claiming, and has claimed by then.
    await Promise.all(Array.from({ length: 16 }, (_, worker) => work(worker)))
    expect(claimed).toHaveLength(2_000)
    expect(new Set(claimed).size).toBe(2_000)
    expect(await outbox.counts()).toMatchObject({ pending: 0, failed: 0 })
  })

  it('15.2 a worker dies holding messages: another publishes them, and its late completions are refused', async () => {
    const [dead, alive] = workers as [TestOutbox, TestOutbox]
    await dead.stage(Array.from({ length: 40 }, (_, index) => ({ messageId: `m${index}` })))
    const held = await dead.outbox.claim({ worker: 'dead', limit: 15, leaseMs: 400 })
    const published: OutboxMessage[] = []
    const relay = new OutboxRelay(alive, {
      pollMs: 20,
      worker: 'alive',
      publish: (message) => Promise.resolve(void published.push(message)),
    })
    relay.start()
    await until(() => published.length >= 25)
    // As long as the lease lasts nobody touches what is held.
    expect(published.filter(({ attempt }) => attempt > 1)).toEqual([])
    await until(async () => (await alive.outbox.counts()).published === 40)
    await relay.stop()
    const held2 = held.map(({ messageId }) => messageId).sort()
    expect(
      published
        .filter(({ attempt }) => attempt === 2)
        .map(({ messageId }) => messageId)
        .sort(),
    ).toEqual(held2)
    for (const message of held) await expect(dead.outbox.complete(message)).rejects.toThrow(OutboxClaimError)
    expect(await alive.outbox.counts()).toMatchObject({ published: 40, pending: 0, inFlight: 0 })
  })

  it('15.3 4 relays publish the messages of 12 streams in order, whatever fails and whoever stops', async () => {
    const random = seededRandom(20_251)
    const [streams, each] = [12, 25]
    for (let sequence = 1; sequence <= each; sequence++) {
      await workers[0]!.stage(
        Array.from({ length: streams }, (_, stream) => ({
          messageId: `${stream}-${sequence}`,
          ...about(`s${stream}`, sequence),
        })),
      )
    }
    await workers[0]!.stage(Array.from({ length: 60 }, (_, index) => ({ messageId: `free-${index}` })))
    const published: OutboxMessage[] = []
    const publishing = new Set<string>()
    const overlaps: string[] = []
    const relays = workers.map(
      (worker, index) =>
        new OutboxRelay(worker, {
          worker: `relay-${index}`,
          concurrency: 3,
          batchSize: 2 + index,
          pollMs: 5,
          maxAttempts: 100,
          firstDelayMs: 1,
          maxDelayMs: 10,
          onError: () => undefined,
          publish: async (message) => {
            const stream = message.source?.aggregateId
            if (stream !== undefined && publishing.has(stream)) overlaps.push(message.messageId)
            if (stream !== undefined) publishing.add(stream)
            await sleep(random() * 3)
            if (stream !== undefined) publishing.delete(stream)
            if (random() < 0.1) throw new Error('unlucky')
            published.push(message)
          },
        }),
    )
    for (const relay of relays) relay.start()
    // Relays come and go as processes do when an application is deployed.
    for (const relay of relays) {
      await sleep(100)
      await relay.stop()
      relay.start()
    }
    const all = streams * each + 60
    await until(async () => (await workers[0]!.outbox.counts()).published === all)
    await Promise.all(relays.map((relay) => relay.stop()))
    expect(overlaps).toEqual([])
    expect(published).toHaveLength(all)
    for (let stream = 0; stream < streams; stream++) {
      const sequences = published
        .filter(({ source }) => source?.aggregateId === `s${stream}`)
        .map(({ source }) => source!.sequence)
      expect(sequences).toEqual(Array.from({ length: each }, (_, index) => index + 1))
    }
  })

  it('15.3 a relay whose lanes meet on the same streams publishes each message once', async () => {
    const [worker] = workers as [TestOutbox]
    const [streams, length] = [3, 300]
    const places = Array.from({ length: streams * length }, (_, index) => [
      index % streams,
      1 + Math.floor(index / streams),
    ])
    await worker.stage(
      places.map(([stream, sequence]) => ({
        messageId: `${stream}-${sequence}`,
        ...about(`s${stream}`, sequence!),
      })),
    )
    const published: string[] = []
    const errors: unknown[] = []
    // A lane is left after three messages, so that the next ones are claimed by the relay and by lanes in turn.
    const relay = new OutboxRelay(worker, {
      batchSize: 3,
      publish: ({ messageId }) => Promise.resolve(void published.push(messageId)),
      onError: (error) => errors.push(error),
    })
    expect(await relay.runOnce()).toBe(places.length)
    expect(errors).toEqual([])
    expect(new Set(published).size).toBe(published.length)
    for (let stream = 0; stream < streams; stream++)
      expect(published.filter((id) => id.startsWith(`${stream}-`))).toEqual(
        Array.from({ length }, (_, index) => `${stream}-${index + 1}`),
      )
  })

  it('15.3 workers that die in the middle of streams cost repetitions, never the order', async () => {
    const [streams, each] = [5, 12]
    await workers[0]!.stage(
      Array.from({ length: streams * each }, (_, index) => ({
        messageId: `m${index}`,
        ...about(`s${index % streams}`, 1 + Math.floor(index / streams)),
      })),
    )
    const random = seededRandom(7)
    const published: OutboxMessage[] = []
    let refused = 0
    const work = async (worker: number): Promise<void> => {
      const { outbox } = workers[worker]!
      for (;;) {
        const { pending, inFlight } = await outbox.counts()
        if (pending + inFlight === 0) return
        for (const message of await outbox.claim({ worker: `w${worker}`, limit: 3, leaseMs: 60 })) {
          // It died before it published, after, or it sleeps for longer than its lease and then goes on.
          if (random() < 0.15) continue
          if (message.claimedUntil.getTime() - Date.now() < 20) continue
          published.push(message)
          if (random() < 0.15) continue
          if (random() < 0.1) await sleep(90)
          await outbox.complete(message).catch((error: unknown) => {
            expect(error).toBeInstanceOf(OutboxClaimError)
            refused++
          })
        }
        await sleep(5)
      }
    }
    await Promise.all([0, 1, 2, 3].map(work))
    expect(new Set(published.map(({ messageId }) => messageId)).size).toBe(streams * each)
    expect(published.length).toBeGreaterThan(streams * each)
    for (let stream = 0; stream < streams; stream++) {
      let last = 0
      for (const { source } of published.filter((one) => one.source?.aggregateId === `s${stream}`)) {
        expect(source!.sequence - last).toBeLessThanOrEqual(1)
        expect(source!.sequence).toBeGreaterThanOrEqual(last)
        last = source!.sequence
      }
    }
    expect(refused).toBeGreaterThanOrEqual(0)
  })
})

describe('on Postgres', () => {
  const database = postgres()
  let dataSource: DataSource
  let test: TestOutbox

  beforeAll(async () => {
    dataSource = await database.open()
    test = new TestOutbox(dataSource)
  })
  afterAll(() => database.close(dataSource))
  afterEach(() => dataSource.query('delete from outbox_messages'))

  it('15.2 nobody waits for a worker that has not committed its claims, nor for a commit that stages', async () => {
    await test.stage([{ messageId: 'a' }, { messageId: 'b' }, { messageId: 'c', ...about('s', 1) }])
    await test.stage([{ messageId: 'd', ...about('s', 2) }])
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    const open = new TestOutbox(dataSource, [], runner)
    const first = await open.outbox.claim({ worker: 'open', limit: 1 })
    expect(first.map(({ messageId }) => messageId)).toEqual(['a'])
    const rest = await test.outbox.claim({ worker: 'other' })
    expect(rest.map(({ messageId }) => messageId)).toEqual(['b', 'c'])
    await runner.rollbackTransaction()
    await runner.release()
    const again = await test.outbox.claim({ worker: 'other' })
    expect(again).toMatchObject([{ messageId: 'a', attempt: 1 }])
  })

  it('15.1 two commits that stage the same ids in another order do not deadlock', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, round) => {
        const messages = Array.from({ length: 50 }, (_, index) => ({ messageId: `m${index}` }))
        return test.stage(round % 2 === 0 ? messages : messages.reverse())
      }),
    )
    expect(results.reduce((staged, existing) => staged + 50 - existing.length, 0)).toBe(50)
  })
})

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 10) {
    if (waited > 30_000) throw new Error('It did not happen in time.')
    await sleep(10)
  }
}
