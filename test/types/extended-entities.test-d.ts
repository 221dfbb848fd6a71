/** What the compiler has to accept and to refuse where a host extends the entities. Nothing here runs. */
import { Column } from 'typeorm'
import type { DataSource } from 'typeorm'
import { eventEntity, PostgresAggregateEvent, snapshotEntity } from '../../entities/index.js'
import { EventStore } from '../../src/index.js'
import type { EventColumns, EventColumnSources, EventSource, RecordedEvent } from '../../src/index.js'

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
function expectType<Expected>() {
  return <const Actual>(actual: Actual, same: Equal<Actual, Expected>): unknown => [actual, same]
}

declare const dataSource: DataSource

class TenantEvent extends PostgresAggregateEvent {
  @Column()
  tenantId!: string

  @Column()
  tier!: 'low' | 'high' | null

  @Column()
  detail!: { readonly tags: string[] }

  isLow(): boolean {
    return this.tier === 'low'
  }
}

class TenantSnapshot extends snapshotEntity('postgres', { payload: 'jsonb' }) {
  @Column()
  tenantId!: string
}

const store = new EventStore(dataSource, {
  eventEntity: TenantEvent,
  snapshotEntity: TenantSnapshot,
  eventColumns: {
    tenantId: ({ metadata, stream }) => `${String(metadata['tenant'])}${stream.aggregateId}`,
    // What may be missing says so.
    tier: ({ event }) => (event?.name === 'opened' ? 'low' : undefined),
  },
  snapshotColumns: { tenantId: ({ state, version }) => `${String(state)}${version}` },
})

export async function reads(): Promise<void> {
  for await (const event of store.readAll({ where: { tenantId: ['a'], tier: null } })) {
    expectType<string>()(event.columns.tenantId, true)
    expectType<'low' | 'high' | null>()(event.columns.tier, true)
    expectType<unknown>()(event.payload, true)
    // @ts-expect-error -- the module's own columns are the event's
    expectType<string>()(event.columns.aggregateId, true)
  }
  for await (const event of store.readStream<RecordedEvent<'opened', { by: string }>>(
    { aggregateType: 'a', aggregateId: 'b' },
    { where: { tier: ['low', null] } },
  )) {
    expectType<string>()(event.columns.tenantId, true)
    expectType<string>()(event.payload.by, true)
  }
  store.listStreams('a', { where: { tenantId: 'a' } })
  // @ts-expect-error -- no column of that name
  store.readAll({ where: { tenant: 'a' } })
  // @ts-expect-error -- of another type
  store.readAll({ where: { tenantId: 1 } })
  // @ts-expect-error -- not one of the enum's
  store.readAll({ where: { tier: 'medium' } })
  // @ts-expect-error -- JSON cannot be filtered by
  store.readAll({ where: { detail: { tags: [] } } })
}

// Methods are no columns, and the module's own columns are the event's.
expectType<'tenantId' | 'tier' | 'detail'>()(null as unknown as keyof EventColumns<TenantEvent>, true)

declare function sources(columns: EventColumnSources<TenantEvent>): void

sources({ tenantId: () => 'a', tier: () => null, detail: () => ({ tags: [] }) })
// @ts-expect-error -- no column of that name
sources({ tenant: () => 'a' })
// @ts-expect-error -- of another type
sources({ tenantId: () => 1 })
// @ts-expect-error -- the value has to be there at once
sources({ tenantId: () => Promise.resolve('a') })
// @ts-expect-error -- the event is missing for a stream that is only checked
sources({ tenantId: ({ event }) => event.name })
// @ts-expect-error -- the module's own columns are not to be filled
sources({ aggregateId: () => 'a' })
// @ts-expect-error -- the same when the store infers the entity
new EventStore(dataSource, { eventEntity: TenantEvent, eventColumns: { tenant: () => 'a' } })
// @ts-expect-error -- without the entity nobody knows the columns
new EventStore(dataSource, { eventColumns: { tenantId: () => 'a' } })
// @ts-expect-error -- SQLite has no such type
eventEntity('sqlite', { payload: 'jsonb' })

// The entities can be named instead of being inferred.
export const named = new EventStore<TenantEvent>(dataSource, { eventColumns: { tenantId: () => 'a' } })

// Whoever takes any store takes this one.
export const any: EventStore = store
export const inside: EventStore<TenantEvent, TenantSnapshot> = store.within(dataSource.manager)
export const source: EventSource['event'] = undefined

export async function plain(plainStore: EventStore): Promise<void> {
  for await (const event of plainStore.readAll()) {
    expectType<RecordedEvent>()(event, true)
    // @ts-expect-error -- nobody added a column
    expectType<string>()(event.columns, true)
  }
  // @ts-expect-error -- nobody added a column
  plainStore.readAll({ where: { tenantId: 'a' } })
}
