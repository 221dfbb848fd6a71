import { randomUUID } from 'node:crypto'
import { gzipSync, gunzipSync } from 'node:zlib'
import { Entity } from 'typeorm'
import type { DataSource } from 'typeorm'
import { eventEntity, snapshotEntity } from '../../entities/index.js'
import type { Dialect, PayloadType } from '../../entities/index.js'
import { installEventGuards } from '../../migrations/index.js'
import {
  Aggregate,
  AggregateRoot,
  EventStore,
  InvalidPayloadError,
  Records,
  SchemaError,
} from '../../src/index.js'
import type { BytesCodec, EventStoreOptions, Warning } from '../../src/index.js'
import { databases } from '../support/databases.js'

const zipped: BytesCodec = {
  label: 'zipped',
  version: 1,
  format: 'bytes',
  encode: (payload) => gzipSync(JSON.stringify(payload)),
  decode: (bytes) => JSON.parse(gunzipSync(bytes).toString()) as unknown,
}

@Aggregate('page', { snapshots: { every: 3 } })
class Page extends AggregateRoot {
  lines: unknown[] = []

  @Records('written')
  write(line: { value: unknown }): void {
    this.lines.push(line.value)
  }

  @Records('ended')
  end(): void {
    this.lines.push('\0')
  }
}

function entitiesOf(dialect: Dialect, payload: PayloadType): readonly (new () => object)[] {
  @Entity('aggregate_events')
  class PageEvent extends eventEntity(dialect, { payload }) {}
  @Entity('aggregate_snapshots')
  class PageSnapshot extends snapshotEntity(dialect, { payload }) {}
  return [PageEvent, PageSnapshot]
}

const cases = databases().flatMap((database) =>
  (database.dialect === 'postgres' ? (['json', 'jsonb', 'text'] as const) : (['json', 'text'] as const)).map(
    (type) => ({ database, type }),
  ),
)

describe.each(cases)('2.8 payloads of type $type on $database.name', ({ database, type }) => {
  let dataSource: DataSource
  beforeAll(async () => {
    dataSource = await database.openWith(entitiesOf(database.dialect, type))
    await installEventGuards(dataSource.createQueryRunner())
  })
  afterAll(() => database.close(dataSource))
  const makeStore = (options: EventStoreOptions = {}) =>
    new EventStore(dataSource, { codecs: [zipped], ...options })

  const payloads = [
    { z: 1, a: [true, null, 'x'], 'é"\\': { deep: [[]] } },
    'text',
    3.25,
    9007199254740991,
    1e21,
    5e-324,
    -0.5,
    true,
    null,
    [],
    '',
  ]

  it('read back equal on every path', async () => {
    const store = makeStore()
    const stream = { aggregateType: 'plain', aggregateId: randomUUID() }
    const events = payloads.map((payload) => ({ name: 'noted', payload }))
    for (const [index, event] of events.entries()) {
      await store.append({ ...stream, expectedVersion: index, events: [event] })
    }
    await store.append({ ...stream, expectedVersion: 'any', events })
    await store.append([
      { ...stream, expectedVersion: 'any', events: events.map((event) => ({ ...event, codec: 'zipped' })) },
      { aggregateType: 'plain', aggregateId: randomUUID(), expectedVersion: 0 },
    ])
    const read: unknown[] = []
    for await (const { payload } of store.readStream(stream)) read.push(payload)
    expect(read).toEqual([...payloads, ...payloads, ...payloads])
    const [row] = await dataSource.query<{ type: string }[]>(
      database.dialect === 'postgres'
        ? `select pg_typeof(payload)::text as type from aggregate_events limit 1`
        : `select lower(type) as type from pragma_table_info('aggregate_events') where name = 'payload'`,
    )
    expect(row).toEqual({ type })
  })

  it('are replayed with and without a snapshot', async () => {
    const store = makeStore()
    const pages = store.repository(Page)
    const page = pages.create(randomUUID())
    for (const value of payloads) page.write({ value })
    await pages.commit(page)
    page.write({ value: 'one more' })
    await pages.commit(page)
    expect((await pages.load(page.aggregateId))?.lines).toEqual([...payloads, 'one more'])
    expect((await pages.load(page.aggregateId, { version: 11 }))?.lines).toEqual(payloads)
    const repository = dataSource.getRepository(snapshotClass(dataSource))
    expect(await repository.countBy({ aggregateId: page.aggregateId })).toBe(1)
  })

  it('keep NUL characters and halves of surrogate pairs, or refuse them', async () => {
    const warnings: Warning[] = []
    const store = makeStore({ onWarning: (warning) => warnings.push(warning) })
    const odd = { lines: ['ok', 'a\0b', '\ud83d'], '\0': 1, escaped: '\\u0000' }
    const stream = { aggregateType: 'odd', aggregateId: randomUUID(), expectedVersion: 0 } as const
    const append = store.append({ ...stream, events: [{ name: 'noted', payload: odd }] })
    if (type !== 'jsonb') {
      await append
      for await (const { payload } of store.readStream(stream)) expect(payload).toEqual(odd)
      return
    }
    await expect(append).rejects.toThrow(InvalidPayloadError)
    await expect(append).rejects.toThrow(
      'payload.lines[1] contains a NUL character, which a jsonb column cannot hold',
    )
    const escaped = { escaped: '\\u0000', pair: '\u{1f600}' }
    await store.append({ ...stream, events: [{ name: 'noted', payload: escaped }] })
    for await (const { payload } of store.readStream(stream)) expect(payload).toEqual(escaped)
    // A snapshot is a cache: it never fails a command.
    const pages = store.repository(Page)
    const page = pages.create(randomUUID())
    for (const value of [1, 2]) page.write({ value })
    page.end()
    await pages.commit(page)
    expect(warnings.map(({ code }) => code)).toEqual(['SNAPSHOT_NOT_STORED'])
    expect((await pages.load(page.aggregateId))?.lines).toEqual([1, 2, '\0'])
  })
})

function snapshotClass(dataSource: DataSource): new () => object {
  const found = dataSource.entityMetadatas.find(({ tableName }) => tableName === 'aggregate_snapshots')
  return found!.target as new () => object
}

it.each(databases().filter(({ dialect }) => dialect === 'postgres'))(
  '2.4 a column of another type than the entity says is noticed at the start on $name',
  async (database) => {
    const dataSource = await database.openWith(entitiesOf('postgres', 'jsonb'))
    await dataSource.query('alter table aggregate_events alter column payload type json')
    await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(SchemaError)
    await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(
      'column payload of table aggregate_events is of type json, jsonb is expected',
    )
    await database.close(dataSource)
  },
)

it('2.8 a type that the database does not have is refused when the class is declared', () => {
  expect(() => eventEntity<Dialect>('sqlite', { payload: 'jsonb' })).toThrow(
    `A payload on sqlite cannot be of type 'jsonb'. Choose json or text.`,
  )
})
