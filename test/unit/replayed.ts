import type { AggregateDefinition } from '../../src/aggregate/aggregate-definition.js'
import type { NewEvent } from '../../src/model/event.js'
import { CodecRegistry } from '../../src/serialization/codec-registry.js'
import { EventSerializer } from '../../src/serialization/event-serializer.js'
import { UpcasterChain } from '../../src/serialization/upcaster-chain.js'

const stream = { aggregateType: 'any', aggregateId: 'any' }

/** A new aggregate to which events were applied as they read back from a store. */
export function replayed<A extends object>(
  definition: AggregateDefinition<A>,
  events: readonly NewEvent[],
  upcasters = new UpcasterChain([]),
): A {
  const serializer = new EventSerializer(new CodecRegistry([]), upcasters)
  const aggregate = definition.create('a-1')
  events.forEach((event, index) => {
    const { metadata, ...encoded } = serializer.encode(stream, event)
    const place = { sequence: index + 1, position: index + 1, commitId: 'c-1', recordedAt: new Date(0) }
    definition.apply(
      aggregate,
      serializer.decode({
        ...stream,
        ...place,
        ...encoded,
        metadata: JSON.parse(metadata) as Record<string, unknown>,
      }),
    )
  })
  return aggregate
}
