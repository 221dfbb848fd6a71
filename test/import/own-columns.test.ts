import { Column, DataSource, Entity } from 'typeorm'
import { eventEntity, postgresEntities, sqliteEntities } from '../../entities/index.js'
import { importEvents, importSourcedRepo, ImportRefusedError } from '../../src/import/index.js'
import type { SourcedEvent } from '../../src/import/index.js'
import { EventStore, SchemaError } from '../../src/index.js'
import type { EventSource } from '../../src/index.js'
import { cleanUp, openFresh } from '../migrations/fresh-database.js'
import type { Driver } from '../migrations/fresh-database.js'
import { createPostgresDatabase } from '../support/databases.js'
import { createSourcedTable, deposits, insertOld } from './sourced-table.js'

afterEach(cleanUp)

let source: DataSource
let drop: () => Promise<void>

beforeAll(async () => {
  const database = await createPostgresDatabase()
  drop = database.drop
  source = await new DataSource({ type: 'postgres', url: database.url }).initialize()
  await createSourcedTable(source)
})

beforeEach(() => source.query('TRUNCATE event'))

afterAll(async () => {
  await source.destroy()
  await drop()
})

const targets: readonly Driver[] = ['postgres', 'better-sqlite3']

describe.each(targets)('an import into %s, to whose events the host adds columns', (driver) => {
  @Entity('aggregate_events')
  class TenantEvent extends eventEntity(driver === 'postgres' ? 'postgres' : 'sqlite', {
    payload: driver === 'postgres' ? 'jsonb' : 'json',
  }) {
    @Column({ name: 'tenant_id', type: 'varchar', length: 10 })
    tenantId!: string

    @Column({ name: 'amount', type: 'integer', nullable: true })
    amount!: number | null
  }

  const eventColumns = {
    tenantId: ({ metadata, stream }: EventSource) => (metadata['tenant'] ?? stream.aggregateId) as string,
    amount: ({ event }: EventSource) => (event?.payload as { amount?: number } | undefined)?.amount,
  }
  const withTenant = {
    Account: {
      type: 'account',
      events: {
        deposit: ({ data }: SourcedEvent) => ({ payload: data, metadata: { tenant: 'acme' } }),
      },
    },
  }
  const openExtended = async (): Promise<DataSource> => {
    const [, ...others] = driver === 'postgres' ? postgresEntities : sqliteEntities
    const target = await openFresh(driver, { entities: [TenantEvent, ...others] })
    await target.runMigrations()
    await target.query(`ALTER TABLE aggregate_events ADD COLUMN tenant_id varchar(10) NOT NULL DEFAULT '-'`)
    await target.query('ALTER TABLE aggregate_events ADD COLUMN amount integer')
    return target
  }

  test('19.7 fills them by the functions of the store, from what the mapping made', async () => {
    await insertOld(source, [...deposits('a', 1, 2), { id: 'b', method: 'close', version: 1 }])
    const target = await openExtended()
    const options = { source, target, eventEntity: TenantEvent, aggregates: withTenant, eventColumns }
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 3, counts: {} })
    expect(await importSourcedRepo(options)).toMatchObject({ imported: 0, alreadyThere: 3 })
    const store = new EventStore(target, { eventEntity: TenantEvent, eventColumns })
    const read = async (where: { tenantId?: string }): Promise<unknown[]> => {
      const found: unknown[] = []
      for await (const { name, payload, columns } of store.readAll({ where }))
        found.push([name, payload, columns])
      return found
    }
    expect(await read({ tenantId: 'acme' })).toEqual([
      ['deposit', { amount: 1 }, { tenantId: 'acme', amount: 1 }],
      ['deposit', { amount: 2 }, { tenantId: 'acme', amount: 2 }],
    ])
    expect(await read({ tenantId: 'b' })).toEqual([['close', {}, { tenantId: 'b', amount: null }]])
  })

  test('19.3 refuses values that they do not take before anything is written', async () => {
    await insertOld(source, [
      ...deposits('a', 1, 2),
      { method: 'deposit', version: 3, data: { amount: 'much' } },
    ])
    const target = await openExtended()
    const options = { source, target, eventEntity: TenantEvent, aggregates: withTenant }
    const error: unknown = await importSourcedRepo({ ...options, eventColumns }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toBeInstanceOf(ImportRefusedError)
    const { counts, anomalies } = (error as ImportRefusedError).report
    expect(counts).toEqual({ unstorable: 1 })
    expect(anomalies).toMatchObject([{ id: 'a', versions: [3] }])
    expect(anomalies[0]!.message).toContain('amount')
    expect(await target.getRepository(TenantEvent).count()).toBe(0)
  })

  test('20.1 are filled in a bulk import by the functions of the store too', async () => {
    const target = await openExtended()
    const event = { aggregateType: 'account', aggregateId: 'a', name: 'deposit' }
    const events = [
      { ...event, payload: { amount: 7 }, metadata: { tenant: 'acme' } },
      { ...event, payload: 'none' },
    ]
    const options = { target, eventEntity: TenantEvent, eventColumns }
    expect(await importEvents({ ...options, events })).toMatchObject({ imported: 2 })
    const found: unknown[] = []
    for await (const { payload, columns } of new EventStore(target, {
      eventEntity: TenantEvent,
      eventColumns,
    }).readAll())
      found.push([payload, columns])
    expect(found).toEqual([
      [{ amount: 7 }, { tenantId: 'acme', amount: 7 }],
      ['none', { tenantId: 'a', amount: null }],
    ])
    const wrong = [{ ...event, payload: { amount: 'much' } }]
    await expect(importEvents({ ...options, events: wrong })).rejects.toThrow(/Event 0 .*amount/)
    if (driver === 'postgres') {
      const unfit = [{ ...event, payload: { nul: '\0' } }]
      await expect(importEvents({ ...options, events: unfit })).rejects.toThrow(/Event 0 .*jsonb column/)
    }
  })

  test('19.6 refuses functions for what is no column, as the compiler does', async () => {
    const target = await openExtended()
    await expect(
      // @ts-expect-error -- the entity has no such column
      importSourcedRepo({ source, target, eventEntity: TenantEvent, eventColumns: { tenant: () => 'acme' } }),
    ).rejects.toThrow(SchemaError)
  })
})
