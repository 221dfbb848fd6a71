import type { EventStore, StreamAppend, StreamIdentity } from '../../../src/index.js'
import { readEvent } from '../events/events.js'
import type { NewFact, StoredEvent } from '../events/events.js'

/** A stream as a decision saw it. */
export interface Seen extends StreamIdentity {
  readonly version: number
}

/** Everything that ever happened in the application, in one order. */
export class ApplicationLog {
  constructor(private readonly store: EventStore) {}

  /**
   * Appends a batch: all of it or nothing, over any number of streams, with the read models in the same transaction.
   * Events of one stream keep their order. Throws `ConcurrentWriteError` if a stream that the decision rests on has
   * moved since; streams that are not mentioned in `seen` are not checked.
   *
   * Gives the positions of the events.
   */
  async append(batch: readonly NewFact[], seen: readonly Seen[] = []): Promise<readonly number[]> {
    const streams = new Map<string, StreamAppend & { readonly events: NewFact['event'][] }>()
    const streamOf = ({ aggregateType, aggregateId }: StreamIdentity, expected: number | 'any') => {
      const key = JSON.stringify([aggregateType, aggregateId])
      const known = streams.get(key)
      const stream = known ?? { aggregateType, aggregateId, expectedVersion: expected, events: [] }
      if (known === undefined) streams.set(key, stream)
      return stream
    }
    for (const stream of seen) streamOf(stream, stream.version)
    for (const fact of batch) streamOf(fact, 'any').events.push(fact.event)
    const { events } = await this.store.append([...streams.values()])
    return events.map(({ position }) => position)
  }

  /**
   * Every event that was recorded before the call, or those after a position, read a page at a time. Throws
   * `UnreadableEventError` for one that this application does not know or cannot read: nothing is skipped.
   */
  async *replay({ after = 0 }: { readonly after?: number } = {}): AsyncGenerator<
    StoredEvent,
    void,
    undefined
  > {
    for await (const recorded of this.store.readAll({ after })) yield readEvent(recorded)
  }
}
