import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { EVENT_ENTITY } from '../../../entities/index.js'
import type { EventStore, EventStoreOptions, RecordedEvent, StreamIdentity } from '../../index.js'

/** What the contract needs of a test framework: jest, vitest, mocha and node:test all have it. */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, body: () => Promise<void>) => void
  readonly beforeAll: (body: () => Promise<void>) => void
  readonly afterAll: (body: () => Promise<void>) => void
}

/** What one section of the contract works with. */
export interface ContractContext extends Pick<TestFramework, 'describe' | 'it'> {
  readonly dataSource: () => DataSource
  /** A store on the suite's DataSource; with other options, another one beside it. */
  readonly store: (options?: EventStoreOptions) => EventStore
}

/** A stream that no other test uses. */
export function freshStream(aggregateType = 'contract'): StreamIdentity {
  return { aggregateType, aggregateId: freshId() }
}

/** An id that no other test uses. */
export function freshId(): string {
  return randomUUID()
}

/** An aggregate type that no other test uses, for feeds that are filtered by it. */
export function freshType(): string {
  return `contract-${freshId()}`
}

/** All that an async iterable yields. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

/** An event but for the columns that a host's entity adds, which a commit does not tell of. */
export function withoutColumns(event: RecordedEvent): RecordedEvent {
  const { columns: _, ...rest } = event as RecordedEvent & { readonly columns?: unknown }
  return rest
}

/** Whether the host chose `jsonb` for its payloads, which does not keep the order of keys and cannot hold every character. */
export function hasJsonb({ entityMetadatas }: DataSource): boolean {
  const events = entityMetadatas.find(({ target }) => typeof target === 'function' && EVENT_ENTITY in target)
  return events?.findColumnWithPropertyName('payload')?.type === 'jsonb'
}

/** The sequences of events, to compare at a glance. */
export function sequencesOf(events: readonly RecordedEvent[]): number[] {
  return events.map(({ sequence }) => sequence)
}

/** The version of a stream, from its last event. */
export async function versionOf(store: EventStore, stream: StreamIdentity): Promise<number> {
  for await (const event of store.readStream(stream, { direction: 'backward', pageSize: 1 }))
    return event.sequence
  return 0
}

/** The own properties of an aggregate: its state. */
export function stateOf(aggregate: object | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(aggregate ?? {}))
}
