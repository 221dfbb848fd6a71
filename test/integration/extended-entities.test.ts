import { randomUUID } from 'node:crypto'
import { Column, Entity } from 'typeorm'
import type { DataSource } from 'typeorm'
import { eventEntity } from '../../entities/index.js'
import {
  Aggregate,
  AggregateRoot,
  ConcurrentWriteError,
  EventStore,
  InvalidArgumentError,
  Records,
  SchemaError,
  withMetadata,
} from '../../src/index.js'
import type { EventSource } from '../../src/index.js'
import { databases } from '../support/databases.js'
import { Tenant, tenantEvent, tenantSnapshot, withTenants } from './extended-entities.js'

@Aggregate('account', { snapshots: { every: 2 } })
class Account extends AggregateRoot {
  balance = 0

  @Records('deposited')
  deposit(e: { amount: number }): void {
    this.balance += e.amount
  }
}

interface Values {
  readonly tier?: 'low' | 'high'
  readonly request?: string
  readonly day?: string
  readonly seenAt?: Date
  readonly fee?: number
  readonly detail?: { readonly tags: readonly string[] }
  readonly digest?: Buffer
  readonly labels?: string[]
}

const given = ({ event }: EventSource): Values => (event?.payload ?? {}) as Values
const tenantOf = ({ metadata }: { metadata: Readonly<Record<string, unknown>> }): string =>
  metadata['tenant'] as string

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

describe.each(databases())('2.6 a host on $name that extends the event and snapshot entities', (database) => {
  const TenantEvent = tenantEvent(database.dialect)
  const TenantSnapshot = tenantSnapshot(database.dialect)
  const options = {
    eventEntity: TenantEvent,
    snapshotEntity: TenantSnapshot,
    eventColumns: {
      tenantId: tenantOf,
      tier: (source: EventSource) => given(source).tier,
      request: (source: EventSource) => given(source).request,
      day: (source: EventSource) => given(source).day,
      seenAt: (source: EventSource) => given(source).seenAt,
      fee: (source: EventSource) => given(source).fee,
      detail: (source: EventSource) => given(source).detail,
      digest: (source: EventSource) => given(source).digest,
      labels: (source: EventSource) => given(source).labels,
    },
    snapshotColumns: { tenantId: tenantOf },
    codecs: [
      { label: 'none', version: 1, format: 'json', encode: () => 'null', decode: () => null },
    ] as const,
  }
  let dataSource: DataSource
  const makeStore = () => new EventStore(dataSource, options)
  let store: ReturnType<typeof makeStore>

  beforeAll(async () => {
    dataSource = await withTenants(await database.openWith([Tenant, TenantEvent, TenantSnapshot]))
    store = makeStore()
  })
  afterAll(() => database.close(dataSource))

  const fresh = (aggregateType = `t-${randomUUID()}`) => ({ aggregateType, aggregateId: randomUUID() })
  const noted = (payload?: unknown, tenant = 'a') => ({
    name: 'noted',
    // Only the columns tell what was given.
    ...(payload === undefined ? {} : { payload, codec: 'none' }),
    metadata: { tenant },
  })
  const full = {
    tier: 'high',
    request: randomUUID(),
    day: '2026-02-28',
    seenAt: new Date('2026-03-01T10:20:30.123Z'),
    fee: 12.34,
    detail: { tags: ['x', "it's", '"quoted"', 'é'] },
    digest: Buffer.from([0, 1, 254, 255]),
    labels: ['red', 'blue'],
  } satisfies Values
  const stored = { tenantId: 'a', tenantUpper: 'A', audited: false, ...full }

  it('fills a single event, events of one stream and of many, and reads them back typed', async () => {
    const one = fresh()
    await store.append({ ...one, expectedVersion: 0, events: [noted(full)] })
    await store.append({ ...one, expectedVersion: 1, events: [noted(full), noted(full)] })
    await store.append([
      { ...one, expectedVersion: 'any', events: [noted(full)] },
      { ...fresh(one.aggregateType), expectedVersion: 'no-stream', events: [noted(full, 'b')] },
    ])
    const read = await collect(store.readStream(one))
    expect(read.map(({ columns }) => columns)).toEqual([stored, stored, stored, stored])
    const all = await collect(store.readAll({ aggregateTypes: [one.aggregateType] }))
    expect(all.map(({ columns }) => columns.tenantId)).toEqual(['a', 'a', 'a', 'a', 'b'])
    const [row] = await dataSource.getRepository(TenantEvent).find({
      where: { aggregateId: one.aggregateId },
      relations: { tenant: true },
    })
    expect(row).toMatchObject({ ...stored, tenant: { id: 'a' } })
  })

  it('stores null where there is no value, and what the database fills where there is no source', async () => {
    const stream = fresh()
    await store.append({ ...stream, expectedVersion: 0, events: [noted()] })
    const [event] = await collect(store.readStream(stream))
    expect(event!.columns).toEqual({
      tenantId: 'a',
      tenantUpper: 'A',
      audited: false,
      ...{ tier: null, request: null, day: null, seenAt: null, fee: null },
      ...{ detail: null, digest: null, labels: null },
    })
  })

  it('fills events and snapshots of aggregates, of units of work and of host transactions', async () => {
    const id = randomUUID()
    await withMetadata({ tenant: 'b' }, async () => {
      const accounts = store.repository(Account)
      const account = accounts.create(id)
      account.deposit({ amount: 1 })
      account.deposit({ amount: 2 })
      await accounts.commit(account)
      await store.unitOfWork(async (work) => {
        const loaded = (await work.load(Account, id))!
        loaded.deposit({ amount: 3 })
        work.append({ ...fresh(), expectedVersion: 0, events: [noted()] })
      })
      await dataSource.transaction(async (manager) => {
        const inside = store.within(manager).repository(Account)
        const loaded = (await inside.load(id))!
        loaded.deposit({ amount: 4 })
        await inside.commit(loaded)
        await inside.snapshot(loaded)
      })
    })
    const events = await collect(store.readStream({ aggregateType: 'account', aggregateId: id }))
    expect(events.map(({ columns }) => columns.tenantId)).toEqual(['b', 'b', 'b', 'b'])
    const snapshot = await dataSource.getRepository(TenantSnapshot).findOneByOrFail({ aggregateId: id })
    expect(snapshot).toMatchObject({ tenantId: 'b', version: 4 })
    expect(await store.repository(Account).load(id)).toMatchObject({ balance: 10 })
  })

  it('3.5 still holds streams that are only checked, whose values come from nowhere', async () => {
    const [checked, written] = [fresh(), fresh()]
    await store.append({ ...checked, expectedVersion: 0, events: [noted()] })
    await store.append([
      { ...checked, expectedVersion: 1 },
      { ...written, expectedVersion: 0, events: [noted()] },
    ])
    const events = [noted()]
    const stale = store.append([
      { ...checked, expectedVersion: 0 },
      { ...fresh(), expectedVersion: 0, events },
    ])
    await expect(stale).rejects.toThrow(
      database.dialect === 'postgres' ? InvalidArgumentError : ConcurrentWriteError,
    )
    const missing = store.append(
      [
        { ...fresh(), expectedVersion: 'no-stream' },
        { ...fresh(), expectedVersion: 0, events },
      ],
      { metadata: { tenant: 'a' } },
    )
    expect((await missing).events).toHaveLength(1)
    expect(await collect(store.readStream(checked))).toHaveLength(1)
  })

  it('refuses values of the wrong type, and missing ones, before anything is written', async () => {
    const stream = fresh()
    const wrong: Record<string, unknown> = {
      tier: 'medium',
      request: 'no-uuid',
      day: 'someday',
      seenAt: new Date(Number.NaN),
      fee: 'much',
      detail: 1n,
      digest: 'text',
      labels: 'red',
    }
    for (const [column, value] of Object.entries(wrong)) {
      const append = store.append({
        ...stream,
        expectedVersion: 0,
        events: [noted({}), noted({ [column]: value })],
      })
      await expect(append).rejects.toThrow(InvalidArgumentError)
      await expect(append).rejects.toThrow(`Column '${column}' of TenantEvent, event 'noted' of stream`)
    }
    const bare = store.append({ ...stream, expectedVersion: 0, events: [{ name: 'noted' }] })
    await expect(bare).rejects.toThrow(/'tenantId' of TenantEvent.* must not be null/)
    for (const tenant of ['a\0', '\ud800', 7]) {
      const metadata = { tenant: 'a' }
      const odd = new EventStore(dataSource, {
        ...options,
        eventColumns: { tenantId: () => tenant as string },
      }).append({ ...stream, expectedVersion: 0, events: [{ name: 'noted', metadata }] })
      await expect(odd).rejects.toThrow(InvalidArgumentError)
    }
    expect(await collect(store.readStream(stream))).toEqual([])
  })

  it('a source that throws fails the commit with its own error, and the aggregate keeps its events', async () => {
    const failing = new EventStore(dataSource, {
      ...options,
      eventColumns: {
        tenantId: (): string => {
          throw new RangeError('no tenant')
        },
      },
    })
    const account = failing.repository(Account).create(randomUUID())
    account.deposit({ amount: 1 })
    await expect(failing.commit(account)).rejects.toThrow(new RangeError('no tenant'))
    expect(account.pendingEvents).toHaveLength(1)
  })

  it('7.8 filters the feed, streams and lists of streams by them', async () => {
    const [one, two] = [fresh(), fresh()]
    two.aggregateType = one.aggregateType
    const { request } = full
    await store.append({ ...one, expectedVersion: 0, events: [noted(full), noted({ tier: 'low' }), noted()] })
    await store.append({ ...two, expectedVersion: 0, events: [noted({ fee: 1.5 }, 'b')] })
    const scope = { aggregateTypes: [one.aggregateType] }
    const found = async (where: Parameters<typeof store.readAll>[0] & object) =>
      (await collect(store.readAll({ ...scope, pageSize: 2, ...where }))).map(
        ({ aggregateId, sequence }) => (aggregateId === one.aggregateId ? 1 : 2) * 10 + sequence,
      )
    expect(await found({ where: { tenantId: 'b' } })).toEqual([21])
    expect(await found({ where: { tenantId: ['a', 'b'] } })).toEqual([11, 12, 13, 21])
    expect(await found({ where: { tenantId: 'a', tier: null } })).toEqual([13])
    expect(await found({ where: { tier: ['low', null] } })).toEqual([12, 13, 21])
    expect(await found({ where: { tenantUpper: 'B' } })).toEqual([21])
    expect(await found({ where: { request, day: full.day, seenAt: full.seenAt } })).toEqual([11])
    expect(await found({ where: { fee: [12.34, 1.5] } })).toEqual([11, 21])
    expect(await found({ where: { audited: false, tenantId: [] } })).toEqual([])
    const sequences = await collect(
      store.readStream(one, { where: { tier: ['low', 'high'] }, direction: 'backward' }),
    )
    expect(sequences.map(({ sequence }) => sequence)).toEqual([2, 1])
    expect(await collect(store.listStreams(one.aggregateType, { where: { tenantId: 'b' } }))).toEqual([
      two.aggregateId,
    ])
    const misused = [{ detail: 'x' }, { digest: 'x' }, { payload: 'x' }, { fee: 'much' }, { nothing: 1 }]
    for (const where of misused as object[]) {
      await expect(collect(store.readAll({ where }))).rejects.toThrow(InvalidArgumentError)
    }
  })

  it('2.4 refuses at the start columns that nobody fills, and sources of what is no column', async () => {
    const { tenantId: _, ...others } = options.eventColumns
    const unfilled = new EventStore(dataSource, { ...options, eventColumns: others })
    await expect(unfilled.verifySchema()).rejects.toThrow(SchemaError)
    await expect(unfilled.verifySchema()).rejects.toThrow(
      /column 'tenantId' of TenantEvent must not be null and nobody fills it.*eventColumns: \{ tenantId: … \}/,
    )
    const stream = { ...fresh(), expectedVersion: 0 as const, events: [noted()] }
    await expect(unfilled.append(stream)).rejects.toThrow(SchemaError)
    const misspelt = { ...options.eventColumns, tenant_id: tenantOf, tenantUpper: () => 'A' }
    await expect(
      new EventStore(dataSource, { ...options, eventColumns: misspelt }).verifySchema(),
    ).rejects.toThrow(
      /'tenant_id', for which eventColumns has a function, is no column that TenantEvent adds; .*'tenantUpper'.* alone/,
    )
    expect(
      () => new EventStore(dataSource, { ...options, snapshotColumns: { tenantId: 'a' as never } }),
    ).toThrow('snapshotColumns.tenantId is a string; it has to be a function')
  })

  it('two DataSources whose modules extend the same entity differently keep apart', async () => {
    @Entity('aggregate_events')
    class RegionEvent extends eventEntity(database.dialect) {
      @Column({ name: 'region', type: 'varchar' })
      region!: string
    }
    const other = await withTenants(await database.openWith([Tenant, RegionEvent]))
    const elsewhere = new EventStore(other, {
      eventEntity: RegionEvent,
      eventColumns: { region: () => 'north' },
    })
    const stream = fresh()
    const events = [noted()]
    await Promise.all([
      elsewhere.append({ ...stream, expectedVersion: 0, events }),
      store.append({ ...stream, expectedVersion: 0, events }),
    ])
    const [[there], [here]] = await Promise.all([
      collect(elsewhere.readAll({ where: { region: 'north' } })),
      collect(store.readStream(stream)),
    ])
    expect(there!.columns).toEqual({ region: 'north' })
    expect(here!.columns.tenantId).toBe('a')
    await database.close(other)
  })
})
