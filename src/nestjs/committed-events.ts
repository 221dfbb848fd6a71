import type { EventStore, RecordedEvent } from '../index.js'
import type { CommittedEventBus } from './module-options.js'

const recorded = new WeakMap<object, RecordedEvent>()

/**
 * What is known of an event that came through the event bus: which aggregate it is of, its sequence and position, its
 * metadata. `undefined` for one that did not come from a commit.
 *
 * @example
 * handle(event: MoneyDeposited) {
 *   const { aggregateId, position, metadata } = recordedEventOf(event)!
 * }
 */
export function recordedEventOf(event: object): RecordedEvent | undefined {
  return recorded.get(event)
}

/** Publishes the committed events that have a class; gives the function that ends it. */
export function publishCommits(store: EventStore, bus: CommittedEventBus): () => void {
  return store.onCommitted(async ({ events }) => {
    const objects = events.flatMap((event) => {
      const object = store.toEventObject(event)
      if (object !== undefined) recorded.set(object, event)
      return object ?? []
    })
    if (objects.length > 0) await bus.publishAll(objects)
  })
}
