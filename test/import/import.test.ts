import { DataSource } from 'typeorm'
import { importSourcedRepo, ImportRefusedError, ImportVerificationError } from '../../src/import/index.js'
import type { ImportOptions, ImportReport } from '../../src/import/index.js'
import {
  Aggregate,
  AggregateRoot,
  EventStore,
  InvalidArgumentError,
  Records,
  SchemaError,
} from '../../src/index.js'
import type { RecordedEvent } from '../../src/index.js'
import { cleanUp, freshDatabase, open, openFresh, openMigrated } from '../migrations/fresh-database.js'
import type { Driver } from '../migrations/fresh-database.js'
import { createPostgresDatabase } from '../support/databases.js'
import { createSourcedTable, deposits, insertOld, START } from './sourced-table.js'
import type { OldRow } from './sourced-table.js'

afterEach(cleanUp)

@Aggregate('account')
class Account extends AggregateRoot {
  balance = 0

  @Records('money-deposited')
  deposit(e: { amount: number }) {
    this.balance += e.amount
  }

  @Records('withdraw')
  withdraw(e: { amount: number }) {
    this.balance -= e.amount
  }
}

const aggregates = { Account: { type: 'account', events: { deposit: 'money-deposited' } } } as const

let source: DataSource
let drop: () => Promise<void>

beforeAll(async () => {
  const database = await createPostgresDatabase()
  drop = database.drop
  source = await new DataSource({ type: 'postgres', url: database.url }).initialize()
  await createSourcedTable(source)
})

afterAll(async () => {
  await source.destroy()
  await drop()
})

/** The old table has these rows and no others. */
async function recorded(...rows: readonly OldRow[]): Promise<void> {
  await source.query('TRUNCATE event')
  await insertOld(source, rows)
}

async function all(store: EventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll()) events.push(event)
  return events
}

async function refusal(options: ImportOptions): Promise<ImportReport> {
  const error: unknown = await importSourcedRepo(options).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ImportRefusedError)
  expect(error).toMatchObject({ code: 'IMPORT_REFUSED', retryable: false })
  expect((error as Error).message).toMatch(/nothing was written: .* × .*; the first: .*'irregularStreams'/)
  return (error as ImportRefusedError).report
}

const targets: readonly Driver[] = ['postgres', 'better-sqlite3']

describe.each(targets)('an import into %s', (driver) => {
  test('19.1 takes over names, payloads and times, and what happens in several streams in the order of time', async () => {
    const tricky = { text: 'ü “quoted” \\ 🎉', list: [1, 2.5, -1e-7, null, true], deep: { a: [{ b: '' }] } }
    await recorded(
      { method: 'open', version: 1, timestamp: START, data: tricky },
      { method: 'deposit', version: 2, timestamp: START + 5000, data: { amount: 5 } },
      { method: 'snapshot', version: 2, timestamp: START + 5000, data: { balance: 5 }, snapshot: true },
      { id: 'b', method: 'deposit', version: 1, timestamp: START + 1, data: { amount: 7 } },
      { type: 'Order', method: 'addLine', version: 1, timestamp: START + 3, data: 'tea' },
    )
    const target = await openMigrated(driver)
    const report = await importSourcedRepo({ source, target, aggregates })
    expect(report).toEqual({
      streams: 3,
      events: 4,
      imported: 4,
      alreadyThere: 0,
      streamsLeftOut: 0,
      snapshotsDropped: 1,
      streamsContinued: 0,
      counts: {},
      anomalies: [],
    })
    const store = new EventStore(target)
    const events = await all(store)
    expect(
      events.map((event) => [
        event.aggregateType,
        event.aggregateId,
        event.sequence,
        event.name,
        event.payload,
        event.recordedAt.getTime() - START,
      ]),
    ).toEqual([
      ['account', 'a', 1, 'open', tricky, 0],
      ['account', 'b', 1, 'money-deposited', { amount: 7 }, 1],
      ['Order', 'a', 1, 'addLine', 'tea', 3],
      ['account', 'a', 2, 'money-deposited', { amount: 5 }, 5000],
    ])
    expect(events.map(({ metadata, version }) => ({ metadata, version }))).toEqual(
      events.map(() => ({ metadata: {}, version: 1 })),
    )
    expect(new Set(events.map(({ commitId }) => commitId)).size).toBe(4)
  })

  test('19.1 makes streams that aggregates load, as of a time in the past too, and go on with', async () => {
    await recorded(...deposits('a', 1, 3))
    const target = await openMigrated(driver)
    await importSourcedRepo({ source, target, aggregates })
    const accounts = new EventStore(target).repository(Account)
    expect((await accounts.load('a', { time: new Date(START + 2500) }))?.balance).toBe(3)
    const account = (await accounts.load('a'))!
    expect([account.balance, account.version]).toEqual([6, 3])
    account.withdraw({ amount: 6 })
    await accounts.commit(account)
    expect((await accounts.load('a'))?.version).toBe(4)
  })

  test('19.2 writes nothing again, and takes over what was added since', async () => {
    await recorded(...deposits('a', 1, 7), ...deposits('b', 1, 2))
    const target = await openMigrated(driver)
    const options = { source, target, aggregates, batchSize: 4 }
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 9, alreadyThere: 0 })
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 0, alreadyThere: 9 })
    await insertOld(source, [...deposits('a', 8, 9), ...deposits('c', 1, 1)])
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 3, alreadyThere: 9, streams: 3 })
    expect(await all(new EventStore(target))).toHaveLength(12)
  })

  test('19.2 goes on after an interruption at any batch', async () => {
    await recorded(...deposits('a', 1, 5), ...deposits('b', 1, 5))
    const target = await openMigrated(driver)
    const stop = new Error('stop')
    for (let batches = 1; batches <= 5; batches++) {
      const interrupted = importSourcedRepo({
        source,
        target,
        batchSize: 2,
        onProgress: ({ phase, imported }) => {
          if (phase === 'copy' && imported > 0) throw stop
        },
      })
      await expect(interrupted).rejects.toBe(stop)
      expect(await all(new EventStore(target))).toHaveLength(batches * 2)
    }
    expect(await importSourcedRepo({ source, target })).toMatchObject({ imported: 0, alreadyThere: 10 })
  })

  test('19.3 refuses what is irregular, names it, and writes nothing', async () => {
    await recorded(
      ...deposits('fine', 1, 2),
      ...deposits('gap', 1, 2),
      ...deposits('gap', 5, 5),
      ...deposits('late', 4, 5),
      ...deposits('twice', 1, 2),
      { id: 'twice', method: 'withdraw', version: 2, data: { amount: 1 } },
      ...deposits('lost', 1, 1),
      { id: 'lost', method: 'snapshot', version: 3, data: {}, snapshot: true },
      { id: 'only', method: 'snapshot', version: 10, data: {}, snapshot: true },
    )
    const target = await openMigrated(driver)
    const report = await refusal({ source, target, aggregates })
    expect(report.counts).toEqual({ gap: 2, 'duplicate-version': 1, 'lost-events': 2 })
    expect(report.anomalies.map(({ kind, id, versions }) => ({ kind, id, versions }))).toEqual([
      { kind: 'gap', id: 'gap', versions: [3] },
      { kind: 'gap', id: 'late', versions: [1] },
      { kind: 'lost-events', id: 'lost', versions: [2] },
      { kind: 'lost-events', id: 'only', versions: [1] },
      { kind: 'duplicate-version', id: 'twice', versions: [2] },
    ])
    expect(await all(new EventStore(target))).toEqual([])
    const skipped = await importSourcedRepo({ source, target, aggregates, irregularStreams: 'skip' })
    expect(skipped).toMatchObject({ streams: 1, events: 2, imported: 2, streamsLeftOut: 5 })
  })

  test('19.3 numbers irregular streams anew when told to, and says what the version was', async () => {
    await recorded(
      ...deposits('gap', 1, 1),
      ...deposits('gap', 4, 4),
      { id: 'twice', method: 'deposit', version: 1, timestamp: START + 9, data: { amount: 5 } },
      { id: 'twice', method: 'withdraw', version: 1, timestamp: START + 8, data: { amount: 2 } },
      { id: 'twice', method: 'deposit', version: 2, timestamp: START + 10, data: { amount: 1 } },
    )
    const target = await openMigrated(driver)
    const options = { source, target, aggregates, irregularStreams: 'renumber' } as const
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 5, streams: 2 })
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 0, alreadyThere: 5 })
    const store = new EventStore(target)
    expect((await store.repository(Account).load('twice'))?.balance).toBe(4)
    const found = (await all(store)).map((event) => [event.aggregateId, event.sequence, event.metadata])
    expect(found.sort()).toEqual([
      ['gap', 1, {}],
      ['gap', 2, { sourcedVersion: 4 }],
      ['twice', 1, {}],
      ['twice', 2, { sourcedVersion: 1 }],
      ['twice', 3, { sourcedVersion: 2 }],
    ])
  })

  test('19.3 refuses what the new table does not take, and another event at the same place', async () => {
    await recorded(
      { id: 'x'.repeat(256), method: 'deposit', version: 1 },
      { id: 'name', method: '$checked', version: 1 },
      { id: 'time', method: 'deposit', version: 1, timestamp: 10 ** 17 },
      { id: 'mapped', method: 'odd', version: 1 },
      ...deposits('other', 1, 1),
    )
    const target = await openMigrated(driver)
    await new EventStore(target).append({
      aggregateType: 'Account',
      aggregateId: 'other',
      expectedVersion: 0,
      events: [{ name: 'closed' }],
    })
    const report = await refusal({
      source,
      target,
      aggregates: { Account: { events: { odd: () => undefined as never } } },
    })
    expect(report.counts).toEqual({ unstorable: 4, different: 1 })
    expect(report.anomalies.map(({ message }) => message).join('\n')).toMatch(
      /at most 255 are allowed[^]*reserved[^]*gave no event|years 1970 and 9999/,
    )
    expect(report.anomalies.find(({ kind }) => kind === 'different')?.message).toBe(
      `Event 'deposit' of version 1 of Account 'other' would become 'deposit' at sequence 1, where the new table has another event ('closed').`,
    )
    expect(await all(new EventStore(target))).toHaveLength(1)
  })

  test('19.1 gives an event that is older than the one before it the time of that one', async () => {
    await recorded(
      { method: 'deposit', version: 1, timestamp: START + 2000, data: { amount: 1 } },
      { method: 'deposit', version: 2, timestamp: START + 1000, data: { amount: 2 } },
      { id: 'b', method: 'deposit', version: 1, timestamp: START + 1500, data: { amount: 3 } },
    )
    const target = await openMigrated(driver)
    const report = await importSourcedRepo({ source, target, aggregates })
    expect(report).toMatchObject({ imported: 3, counts: { 'clock-went-back': 1 } })
    const found = (await all(new EventStore(target))).map((event) => [
      event.aggregateId,
      event.recordedAt.getTime() - START,
      event.metadata,
    ])
    expect(found).toEqual([
      ['b', 1500, {}],
      ['a', 2000, {}],
      ['a', 2000, { sourcedTimestamp: START + 1000 }],
    ])
  })

  test('19.4 has the check look at every stream, beside the last old snapshot, and reports what fails', async () => {
    await recorded(
      ...deposits('a', 1, 3),
      { method: 'snapshot', version: 2, data: { balance: 3 }, snapshot: true },
      { method: 'snapshot', version: 3, data: { balance: 6 }, snapshot: true },
      ...deposits('b', 1, 2),
      ...deposits('c', 1, 1),
    )
    const target = await openMigrated(driver)
    const accounts = new EventStore(target).repository(Account)
    const seen: unknown[] = []
    const check: ImportOptions['check'] = async ({
      aggregateId,
      version,
      snapshot,
      source: { entityType },
    }) => {
      const account = await accounts.load(aggregateId, { version: snapshot?.version ?? version })
      seen.push([entityType, aggregateId, version, snapshot])
      if (aggregateId === 'b') return false
      if (aggregateId === 'c') throw new RangeError('no')
      return account?.balance === (snapshot!.state as { balance: number }).balance
    }
    const error: unknown = await importSourcedRepo({ source, target, aggregates, check }).catch(
      (caught: unknown) => caught,
    )
    expect(seen).toEqual([
      ['Account', 'a', 3, { version: 3, state: { balance: 6 } }],
      ['Account', 'b', 2, undefined],
      ['Account', 'c', 1, undefined],
    ])
    expect(error).toBeInstanceOf(ImportVerificationError)
    const { report } = error as ImportVerificationError
    expect(error).toMatchObject({ code: 'IMPORT_VERIFICATION', retryable: false })
    expect((error as Error).message).toContain(`Account 'b' did not pass your check: it gave false.`)
    expect(report).toMatchObject({ imported: 6, counts: { 'check-failed': 2 } })
    expect(report.anomalies[1]!.cause).toBeInstanceOf(RangeError)
  })

  test('19.1 makes the first event of the snapshot behind which the first events were deleted, when told how', async () => {
    await recorded(
      { id: 'late', method: 'snapshot', version: 2, data: { balance: 30 }, snapshot: true },
      { id: 'late', method: 'snapshot', version: 4, data: { balance: 40 }, snapshot: true },
      ...deposits('late', 5, 6),
      { id: 'late', method: 'snapshot', version: 6, data: { balance: 51 }, snapshot: true },
      { id: 'only', method: 'snapshot', version: 9, data: { balance: 7 }, snapshot: true },
      ...deposits('whole', 1, 2),
      { id: 'whole', method: 'snapshot', version: 1, data: { balance: 1 }, snapshot: true },
      ...deposits('gap', 3, 3),
      { id: 'gap', method: 'snapshot', version: 1, data: {}, snapshot: true },
    )
    const target = await openMigrated(driver)
    const options: ImportOptions = {
      source,
      target,
      aggregates,
      irregularStreams: 'skip',
      convertSnapshot: ({ state }) => ({
        name: 'money-deposited',
        payload: { amount: (state as Account).balance },
      }),
    }
    const accounts = new EventStore(target).repository(Account)
    const states: unknown[] = []
    const check: ImportOptions['check'] = async ({ aggregateId, version, snapshot }) => {
      const account = await accounts.load(aggregateId)
      states.push([aggregateId, account?.balance, account?.version, version, snapshot?.version])
    }
    const report = await importSourcedRepo({ ...options, check })
    expect(states).toEqual([
      ['late', 51, 3, 3, 6],
      ['only', 7, 1, 1, 9],
      ['whole', 3, 2, 2, 1],
    ])
    expect(report).toMatchObject({
      streams: 3,
      events: 6,
      imported: 6,
      streamsLeftOut: 1,
      snapshotsDropped: 4,
    })
    expect(report.anomalies).toMatchObject([{ kind: 'gap', id: 'gap' }])
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 0, alreadyThere: 6 })
    const found = (await all(new EventStore(target))).map((event) => [
      event.aggregateId,
      event.sequence,
      event.metadata,
    ])
    expect(found.sort()).toEqual([
      ['late', 1, { sourcedVersion: 4 }],
      ['late', 2, { sourcedVersion: 5 }],
      ['late', 3, { sourcedVersion: 6 }],
      ['only', 1, { sourcedVersion: 9 }],
      ['whole', 1, {}],
      ['whole', 2, {}],
    ])
  })

  test('19.2 knows streams that went on in the new table', async () => {
    await recorded(...deposits('a', 1, 2))
    const target = await openMigrated(driver)
    await importSourcedRepo({ source, target, aggregates })
    const store = new EventStore(target)
    const account = (await store.repository(Account).load('a'))!
    account.withdraw({ amount: 1 })
    await store.commit(account)
    expect(await importSourcedRepo({ source, target, aggregates })).toMatchObject({
      imported: 0,
      streamsContinued: 1,
    })
    await insertOld(source, deposits('a', 3, 3))
    const report = await refusal({ source, target, aggregates })
    expect(report.counts).toEqual({ different: 1 })
  })

  test('19.1 imports what is asked for, and only looks in a dry run', async () => {
    await recorded(...deposits('a', 1, 2), ...deposits('b', 1, 1), ...deposits('gap', 2, 2), {
      type: 'Order',
      method: 'addLine',
      version: 1,
    })
    const target = await openMigrated(driver)
    const options = { source, target, aggregates: { ...aggregates, Order: false } } as const
    const progress: string[] = []
    const dry = await importSourcedRepo({
      ...options,
      dryRun: true,
      onProgress: ({ phase, done, total }) => progress.push(`${phase} ${done}/${total}`),
    })
    expect(dry).toMatchObject({ streams: 2, events: 3, imported: 0, streamsLeftOut: 2, counts: { gap: 1 } })
    expect(progress).toEqual(['inspect 5/5'])
    expect(await all(new EventStore(target))).toEqual([])
    const told: string[] = []
    const include: ImportOptions['include'] = ({ id }) => id === 'a'
    const report = await importSourcedRepo({ ...options, include, onAnomaly: ({ id }) => told.push(id) })
    expect(report).toMatchObject({ streams: 1, imported: 2, streamsLeftOut: 3 })
    expect(told).toEqual([])
  })

  test('19.5 copies many streams in batches', async () => {
    await recorded()
    await source.query(`INSERT INTO event
      SELECT 'Account', 'acc-' || s, 'deposit', v, 0, ${START} + v * 1000 + s % 7, json_build_object('amount', v), false
      FROM generate_series(1, 500) s, generate_series(1, 4) v`)
    const target = await openMigrated(driver)
    let batches = 0
    const options = { source, target, aggregates, batchSize: 250 }
    const report = await importSourcedRepo({
      ...options,
      onProgress: ({ phase }) => (batches += Number(phase === 'copy')),
    })
    expect(report).toMatchObject({ streams: 500, imported: 2000, counts: {} })
    expect(batches).toBe(8)
    expect((await new EventStore(target).repository(Account).load('acc-500'))?.balance).toBe(10)
  })
})

test('19.1 a reader who follows the feed of Postgres during an import misses nothing', async () => {
  await recorded(...Array.from({ length: 30 }, (_, nth) => deposits(`s${nth}`, 1, 10)).flat())
  const target = await openMigrated('postgres')
  const store = new EventStore(target)
  const seen: number[] = []
  let done = false
  const follow = async (): Promise<void> => {
    for (let last = false; !last;) {
      last = done
      for await (const { position } of store.readAll({ after: seen.at(-1) ?? 0 })) seen.push(position)
    }
  }
  const writing = importSourcedRepo({ source, target, aggregates, batchSize: 10 }).finally(
    () => (done = true),
  )
  await Promise.all([writing, follow()])
  expect(seen).toHaveLength(300)
})

test('19.1 the old and the new tables may be in one database, and under other names', async () => {
  const database = await freshDatabase('postgres', 'legacy')
  const target = await open('postgres', { ...database, entityPrefix: 'app_' })
  await target.runMigrations()
  await createSourcedTable(target)
  await insertOld(target, deposits('a', 1, 2))
  await target.query('ALTER TABLE event SET SCHEMA legacy')
  await target.query('ALTER TABLE legacy.event RENAME TO "Old event"')
  const report = await importSourcedRepo({ source: target, target, schema: 'legacy', table: 'Old event' })
  expect(report).toMatchObject({ imported: 2 })
})

describe('19.6 an import is refused before anything is read or written', () => {
  test('19.6 with options that make no sense', async () => {
    await recorded(...deposits('a', 1, 1), { type: 'Order', method: 'addLine', version: 1 })
    const target = await openMigrated('better-sqlite3')
    const attempt = (more: object): Promise<unknown> =>
      importSourcedRepo({ source, target, ...more }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(InvalidArgumentError)
        return (error as Error).message
      })
    expect(await attempt({ agregates: {} })).toContain("no option 'agregates'")
    expect(await attempt({ aggregates: { Account: { name: 'a' } } })).toContain("no option 'name'")
    expect(await attempt({ batchSize: 0 })).toContain('batchSize is 0')
    expect(await attempt({ irregularStreams: 'ignore' })).toContain("'refuse', 'skip' or 'renumber'")
    expect(await attempt({ source: target })).toContain("of type 'better-sqlite3'")
    expect(await attempt({ source: undefined })).toContain("'source' has to be a DataSource that is open")
    expect(await attempt({ aggregates: { Acount: 'account' } })).toContain('It has: Account, Order')
    expect(await attempt({ aggregates: { Account: 'Order' } })).toContain('their streams one')
    expect(await attempt({ table: 'events' })).toContain('is not the table of sourced-repo-typeorm')
    expect(await all(new EventStore(target))).toEqual([])
  })

  test('19.6 into tables that do not fit', async () => {
    await recorded()
    const target = await openFresh('postgres')
    await expect(importSourcedRepo({ source, target })).rejects.toThrow(SchemaError)
  })
})
