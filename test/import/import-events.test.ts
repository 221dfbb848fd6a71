import { randomBytes } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { ImportConflictError, ImportEventError, importEvents } from '../../src/import/index.js'
import type { EventToImport, ImportEventsOptions, ImportEventsReport } from '../../src/import/index.js'
import {
  Aggregate,
  AggregateRoot,
  EventStore,
  InvalidArgumentError,
  InvalidPayloadError,
  InvalidStreamIdentityError,
  Records,
  SchemaError,
  StorageError,
  UnsupportedCodecError,
} from '../../src/index.js'
import type { Codec, RecordedEvent } from '../../src/index.js'
import { cleanUp, drivers, openFresh, openMigrated } from '../migrations/fresh-database.js'

afterEach(cleanUp)

@Aggregate('account')
class Account extends AggregateRoot {
  balance = 0

  @Records('deposited')
  deposit(e: { amount: number }) {
    this.balance += e.amount
  }
}

const START = Date.UTC(2020, 0, 1)

function deposit(aggregateId: string, sequence?: number, amount = 1): EventToImport {
  const event = { aggregateType: 'account', aggregateId, name: 'deposited', payload: { amount } }
  return sequence === undefined ? event : { ...event, sequence, recordedAt: new Date(START + sequence) }
}

/** As many events of each of the streams, in turns. */
function* inTurns(streams: readonly string[], each: number): Generator<EventToImport> {
  for (let sequence = 1; sequence <= each; sequence++)
    for (const stream of streams) yield deposit(stream, sequence, sequence)
}

async function all(target: DataSource, codecs: readonly Codec[] = []): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of new EventStore(target, { codecs }).readAll()) events.push(event)
  return events
}

const placesOf = (events: readonly (EventToImport | RecordedEvent)[]): string[] =>
  events.map(({ aggregateId, sequence }) => `${aggregateId} ${sequence}`)

async function failureOf(options: ImportEventsOptions): Promise<unknown> {
  return importEvents(options).then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe.each(drivers)('an import of events into %s', (driver) => {
  test('20.1 keeps the order in which they are handed in, and everything that they say', async () => {
    const target = await openMigrated(driver)
    const tricky = {
      text: 'ü “quoted” \\ \t\n 🎉 \u0000 \ud800',
      list: [1, 2.5, -1e-7, null, true],
      '': { a: [] },
    }
    const commitId = '0190A0B0-0000-7000-8000-00000000000a'
    const events: EventToImport[] = [
      { ...deposit('b', 1), payload: tricky, metadata: { tenant: 'ü"\\', deep: { list: [1] } } },
      { ...deposit('a', 1), version: 3, commitId, recordedAt: new Date('2021-02-03T04:05:06.789Z') },
      { ...deposit('b', 2), commitId, payload: 'text' },
      { aggregateType: 'order "1"\t', aggregateId: 'a\\', name: 'odd, {name}', recordedAt: new Date(0) },
    ]
    const report = await importEvents({ target, events })
    expect(report).toEqual({ events: 4, imported: 4, alreadyThere: 0, newStreams: 3 })
    const found = await all(target)
    expect(found).toMatchObject([
      { aggregateId: 'b', sequence: 1, payload: tricky, metadata: { tenant: 'ü"\\', deep: { list: [1] } } },
      { sequence: 1, version: 3, commitId: commitId.toLowerCase(), metadata: {} },
      { aggregateId: 'b', sequence: 2, payload: 'text', commitId: commitId.toLowerCase() },
      { aggregateType: 'order "1"\t', aggregateId: 'a\\', sequence: 1, name: 'odd, {name}', payload: null },
    ])
    expect(found.map(({ recordedAt }) => recordedAt.toISOString())).toEqual([
      '2020-01-01T00:00:00.001Z',
      '2021-02-03T04:05:06.789Z',
      '2020-01-01T00:00:00.002Z',
      '1970-01-01T00:00:00.000Z',
    ])
    expect(new Set(found.map((event) => event.commitId)).size).toBe(3)
  })

  test('20.1 makes streams that aggregates load and go on with, batch by batch', async () => {
    const target = await openMigrated(driver)
    const told: ImportEventsReport[] = []
    const options = { target, batchSize: 100, onProgress: (report: ImportEventsReport) => told.push(report) }
    const events = [...inTurns(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 50)]
    const report = await importEvents({ ...options, events })
    expect(report).toEqual({ events: 350, imported: 350, alreadyThere: 0, newStreams: 7 })
    expect(told.map((progress) => progress.imported)).toEqual([100, 200, 300, 350])
    expect(told.at(-1)).toEqual(report)
    expect(placesOf(await all(target))).toEqual(placesOf(events))
    const accounts = new EventStore(target).repository(Account)
    const account = (await accounts.load('c'))!
    expect([account.balance, account.version]).toEqual([1275, 50])
    account.deposit({ amount: 1 })
    await accounts.commit(account)
    expect((await accounts.load('c'))?.version).toBe(51)
  })

  test('20.2 continues streams whose events come without sequences, whatever is appended meanwhile', async () => {
    const target = await openMigrated(driver)
    const store = new EventStore(target)
    const append = (amount: number): Promise<unknown> =>
      store.append({
        aggregateType: 'account',
        aggregateId: 'a',
        expectedVersion: 'any',
        events: [{ name: 'deposited', payload: { amount } }],
      })
    await append(100)
    async function* events(): AsyncGenerator<EventToImport> {
      for (let amount = 1; amount <= 9; amount++) {
        if (amount % 3 === 2) await append(amount * 100)
        yield deposit('a', undefined, amount)
      }
    }
    const before = Date.now() - 60_000
    const report = await importEvents({ target, events: events(), batchSize: 2 })
    expect(report).toEqual({ events: 9, imported: 9, alreadyThere: 0, newStreams: 0 })
    const found = await all(target)
    const amounts = found.map(({ payload }) => (payload as { amount: number }).amount)
    expect(amounts.filter((amount) => amount < 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(amounts.filter((amount) => amount > 10)).toEqual([100, 200, 500, 800])
    expect(found.map(({ sequence }) => sequence)).toEqual(found.map((_, nth) => nth + 1))
    expect(Math.min(...found.map(({ recordedAt }) => recordedAt.getTime()))).toBeGreaterThan(before)
  })

  test('20.2 refuses events that do not continue their streams, and keeps the batches before', async () => {
    const target = await openMigrated(driver)
    const attempt = async (...events: EventToImport[]): Promise<unknown> => {
      const error = await failureOf({ target, events, batchSize: 3 })
      expect(error).toBeInstanceOf(ImportConflictError)
      const { streamId, message } = error as ImportConflictError
      expect(message).toContain(streamId)
      return error
    }
    const gap = { code: 'IMPORT_CONFLICT', retryable: false, reason: 'gap', aggregateType: 'account' }
    // Not from 1; inside a batch; from one batch to the next; in a stream that exists.
    expect(await attempt(deposit('a', 2))).toMatchObject({
      ...gap,
      aggregateId: 'a',
      sequence: 2,
      expectedSequence: 1,
    })
    expect(await attempt(deposit('b', 1), deposit('b', 3))).toMatchObject({ ...gap, sequence: 3 })
    expect(await all(target)).toEqual([])
    const first = [...inTurns(['c', 'd', 'e'], 1)]
    expect(await attempt(...first, deposit('c', 2), deposit('d', 4))).toMatchObject({
      ...gap,
      aggregateId: 'd',
      sequence: 4,
      expectedSequence: 2,
    })
    expect(await attempt(deposit('e', 7))).toMatchObject({ ...gap, aggregateId: 'e', expectedSequence: 2 })
    expect(placesOf(await all(target))).toEqual(['c 1', 'd 1', 'e 1'])
  })

  test('20.3 passes over events that are there, and refuses others at their places', async () => {
    const target = await openMigrated(driver)
    const commitId = '0190a0b0-0000-7000-8000-00000000000a'
    const event = { ...deposit('a', 1), metadata: { tenant: 'acme' }, commitId }
    const events = [event, deposit('b', 1), deposit('a', 2), deposit('a', 3)]
    await importEvents({ target, events })
    const again = { events: 5, imported: 1, alreadyThere: 4, newStreams: 0 }
    expect(await importEvents({ target, events: [...events, deposit('b', 2)] })).toEqual(again)
    expect(await importEvents({ target, events: [{ ...deposit('b', 2) }, deposit('b', 3)] })).toMatchObject({
      imported: 1,
    })
    const others: EventToImport[] = [
      { ...event, name: 'other' },
      { ...event, version: 2 },
      { ...event, payload: { amount: 2 } },
      { ...event, metadata: {} },
      { ...event, recordedAt: new Date(START) },
      { ...event, commitId: '0190a0b0-0000-7000-8000-00000000000b' },
    ]
    for (const other of others) {
      const error = await failureOf({ target, events: [deposit('c', 1), other] })
      expect(error).toBeInstanceOf(ImportConflictError)
      expect(error).toMatchObject({ reason: 'different', aggregateId: 'a', sequence: 1, expectedSequence: 4 })
    }
    expect(placesOf(await all(target))).toEqual(['a 1', 'b 1', 'a 2', 'a 3', 'b 2', 'b 3'])
  })

  test('20.3 treats an event that is handed in twice the same in one batch as in two', async () => {
    const target = await openMigrated(driver)
    for (const batchSize of [1, 10]) {
      const id = `twice-${batchSize}`
      const events = [deposit(id, 1), deposit(id, 2), deposit(id, 1), deposit(id, 2), deposit(id, 3)]
      expect(await importEvents({ target, events, batchSize })).toMatchObject({
        imported: 3,
        alreadyThere: 2,
      })
      const different = [deposit(id, 4), deposit(id, 4, 2)]
      const error = await failureOf({ target, events: different, batchSize })
      expect(error).toMatchObject({ reason: 'different', sequence: 4 })
    }
    expect(placesOf(await all(target)).filter((place) => place.endsWith(' 4'))).toEqual(['twice-1 4'])
  })

  test('20.3 goes on after it was ended at any batch', async () => {
    const target = await openMigrated(driver)
    const events = [...inTurns(['a', 'b', 'c'], 5)]
    for (let written = 4; written < 15; written += 4) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const ended = failureOf({
        target,
        events,
        batchSize: 4,
        signal: controller.signal,
        onProgress: ({ imported }) => {
          if (imported > 0) controller.abort(reason)
        },
      })
      expect(await ended).toBe(reason)
      expect(placesOf(await all(target))).toEqual(placesOf(events.slice(0, written)))
    }
    const rest = { events: 15, imported: 3, alreadyThere: 12, newStreams: 0 }
    expect(await importEvents({ target, events, batchSize: 7 })).toEqual(rest)
    expect(placesOf(await all(target))).toEqual(placesOf(events))
  })

  test('20.3 knows payloads again whose codec never gives the same bytes twice', async () => {
    const target = await openMigrated(driver)
    const salted: Codec = {
      label: 'salted',
      version: 1,
      format: 'bytes',
      encode: (payload) => Buffer.concat([randomBytes(8), Buffer.from(JSON.stringify(payload))]),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).subarray(8).toString()) as unknown,
    }
    const events = [{ ...deposit('a', 1), codec: 'salted' }]
    await importEvents({ target, events, codecs: [salted] })
    expect(await importEvents({ target, events, codecs: [salted] })).toMatchObject({ alreadyThere: 1 })
    expect((await all(target, [salted]))[0]!.payload).toEqual({ amount: 1 })
  })

  test('20.4 refuses what a store would not take before anything of its batch is written', async () => {
    const target = await openMigrated(driver)
    const bad: [Partial<EventToImport>, new (...parameters: never[]) => Error, RegExp][] = [
      [{ aggregateId: '' }, InvalidStreamIdentityError, /aggregateId is blank/],
      [{ aggregateType: 'x'.repeat(256) }, InvalidStreamIdentityError, /at most 255/],
      [{ name: '$checked' }, InvalidArgumentError, /reserved/],
      [{ version: 0 }, InvalidArgumentError, /version 0/],
      [{ payload: { at: new Date() } }, InvalidPayloadError, /payload\.at is a Date/],
      [{ metadata: { nul: '\0' } }, InvalidPayloadError, /NUL/],
      [{ codec: 'zipped' }, UnsupportedCodecError, /'zipped'/],
      [{ sequence: 0 }, InvalidArgumentError, /sequence is 0/],
      [{ sequence: 2 ** 31 }, InvalidArgumentError, /sequence/],
      [{ recordedAt: new Date(Number.NaN) }, InvalidArgumentError, /recordedAt/],
      [{ recordedAt: new Date(-1) }, InvalidArgumentError, /years 1970 and 9999/],
      [{ commitId: 'abc' }, InvalidArgumentError, /not a UUID/],
    ]
    for (const [nth, [change, cause, message]] of bad.entries()) {
      const id = `bad-${nth}`
      const events = [...inTurns([id], 3), { ...deposit(id, 4), ...change }]
      const error = await failureOf({ target, events, batchSize: 2 })
      expect(error).toBeInstanceOf(ImportEventError)
      expect(error).toMatchObject({ code: 'IMPORT_EVENT', retryable: false, index: 3 })
      expect((error as ImportEventError).cause).toBeInstanceOf(cause)
      expect((error as Error).message).toMatch(message)
    }
    expect(await all(target)).toHaveLength(2 * bad.length)
    expect(await failureOf({ target, events: [undefined as never] })).toBeInstanceOf(ImportEventError)
  })

  test('20.4 refuses options that make no sense, and tables that do not fit', async () => {
    const target = await openMigrated(driver)
    const attempt = async (more: object): Promise<unknown> => {
      const error = await failureOf({ target, events: [deposit('a', 1)], ...more })
      expect(error).toBeInstanceOf(InvalidArgumentError)
      return (error as Error).message
    }
    expect(await attempt({ batchsize: 5 })).toContain("no option 'batchsize'")
    expect(await attempt({ batchSize: 0 })).toContain('batchSize is 0')
    expect(await attempt({ events: 5 })).toContain("'events' has to be an iterable")
    expect(await attempt({ events: 'events' })).toContain("'events' has to be an iterable")
    expect(await attempt({ target: undefined })).toContain("'target' has to be a DataSource that is open")
    expect(await all(target)).toEqual([])
    expect(await importEvents({ target, events: [] })).toMatchObject({ events: 0 })
    const empty = await openFresh(driver)
    expect(await failureOf({ target: empty, events: [] })).toBeInstanceOf(SchemaError)
  })

  test('20.5 pulls an endless source no further than a batch beyond the one that is written', async () => {
    const target = await openMigrated(driver)
    let pulled = 0
    let closed = false
    function* endless(): Generator<EventToImport> {
      try {
        for (;;) yield deposit('a', ++pulled)
      } finally {
        closed = true
      }
    }
    const ahead: number[] = []
    const enough = new Error('enough')
    const error = await failureOf({
      target,
      events: endless(),
      batchSize: 300,
      onProgress: ({ events }) => {
        ahead.push(pulled - events)
        if (events === 3000) throw enough
      },
    })
    expect(error).toBe(enough)
    expect(Math.max(...ahead)).toBeLessThanOrEqual(300)
    expect(closed).toBe(true)
    expect(await all(target)).toHaveLength(3000)
  })

  test('20.5 begins a new batch when one holds much text', async () => {
    const target = await openMigrated(driver)
    const sizes: number[] = []
    let before = 0
    const text = 'x'.repeat(3 * 1024 * 1024)
    await importEvents({
      target,
      events: Array.from({ length: 7 }, () => ({ ...deposit('a'), payload: text })),
      onProgress: ({ events }) => {
        sizes.push(events - before)
        before = events
      },
    })
    expect(sizes).toEqual([3, 3, 1])
  })

  test('20.6 ends at once when it is aborted while the source keeps it waiting', async () => {
    const target = await openMigrated(driver)
    const controller = new AbortController()
    const reason = new Error('enough')
    async function* stuck(): AsyncGenerator<EventToImport> {
      yield* inTurns(['a'], 4)
      controller.abort(reason)
      await new Promise(() => undefined)
    }
    expect(await failureOf({ target, events: stuck(), batchSize: 2, signal: controller.signal })).toBe(reason)
    expect((await all(target)).length % 2).toBe(0)
    const signal = AbortSignal.abort(reason)
    expect(await failureOf({ target, events: stuck(), signal })).toBe(reason)
  })

  test('20.6 ends at once when a batch fails while the source keeps it waiting, and closes the source', async () => {
    const target = await openMigrated(driver)
    let closed = 0
    const pending = new Promise<never>(() => undefined)
    const events: AsyncIterable<EventToImport> = {
      [Symbol.asyncIterator]: () => {
        const source = inTurns(['a'], 1)
        return {
          next: () => {
            const { value, done } = source.next()
            return done === true ? pending : Promise.resolve({ value: { ...value, sequence: 5 } })
          },
          return: () => {
            closed++
            return pending
          },
        }
      },
    }
    expect(await failureOf({ target, events, batchSize: 1 })).toBeInstanceOf(ImportConflictError)
    expect(closed).toBe(1)
  })

  test('20.6 throws what the source throws, and keeps the batches before', async () => {
    const target = await openMigrated(driver)
    const broken = new Error('broken')
    function* failing(): Generator<EventToImport> {
      yield* inTurns(['a'], 5)
      throw broken
    }
    expect(await failureOf({ target, events: failing(), batchSize: 2 })).toBe(broken)
    expect(await all(target)).toHaveLength(4)
  })
})

describe('an import of events into Postgres', () => {
  test('20.7 a reader who follows the feed during imports and commits sees everything once and in order', async () => {
    const target = await openMigrated('postgres')
    const store = new EventStore(target)
    const seen: RecordedEvent[] = []
    let done = false
    const follow = async (): Promise<void> => {
      for (let last = false; !last;) {
        last = done
        for await (const event of store.readAll({ after: seen.at(-1)?.position ?? 0 })) seen.push(event)
      }
    }
    const commit = async (stream: string): Promise<void> => {
      for (let nth = 0; nth < 40; nth++)
        await store.append({
          aggregateType: 'account',
          aggregateId: stream,
          expectedVersion: nth,
          events: [{ name: 'deposited' }],
        })
    }
    const events = (prefix: string): Iterable<EventToImport> =>
      inTurns(
        Array.from({ length: 20 }, (_, nth) => `${prefix}${nth}`),
        20,
      )
    const writing = Promise.all([
      importEvents({ target, events: events('x'), batchSize: 15 }),
      importEvents({ target, events: events('y'), batchSize: 50 }),
      commit('p'),
      commit('q'),
    ]).finally(() => (done = true))
    await Promise.all([writing, follow()])
    expect(seen).toHaveLength(880)
    const positions = seen.map(({ position }) => position)
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other))
    for (const prefix of ['x', 'y'])
      expect(placesOf(seen.filter(({ aggregateId }) => aggregateId.startsWith(prefix)))).toEqual(
        placesOf([...events(prefix)]),
      )
  })

  test('20.3 goes on after the connection was lost in the middle of a batch', async () => {
    const target = await openMigrated('postgres')
    const other = await openMigrated('postgres', { url: (target.options as { url: string }).url })
    const holder = other.createQueryRunner()
    const events = [...inTurns(['a', 'b'], 50)]
    const terminated = async (): Promise<number> => {
      const killed: unknown[] = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return killed.length
    }
    await importEvents({ target, events: events.slice(0, 50) })
    await holder.startTransaction()
    await holder.query('LOCK TABLE aggregate_events IN EXCLUSIVE MODE')
    async function* losing(): AsyncGenerator<EventToImport> {
      yield* events.slice(50, 60)
      // The batch that ends there is being written, and waits.
      while ((await terminated()) === 0);
      yield* events.slice(60)
    }
    const error = await failureOf({ target, events: losing(), batchSize: 10 })
    await holder.rollbackTransaction()
    await holder.release()
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ retryable: true, outcome: 'unknown' })
    const rest = { events: 100, imported: 50, alreadyThere: 50, newStreams: 0 }
    expect(await importEvents({ target, events, batchSize: 15 })).toEqual(rest)
    expect(placesOf(await all(target))).toEqual(placesOf(events))
  })
})
