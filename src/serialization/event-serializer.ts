import { InvalidArgumentError, ReplayError, UnsupportedCodecError, UpcastError } from '../errors/index.js'
import type { NewEvent, RecordedEvent } from '../model/event.js'
import type { EncodedEvent, StoredEvent, TailEvent } from '../model/stored.js'
import { MAX_SEQUENCE } from '../model/expected-version.js'
import { problemWithName } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { CodecRegistry } from './codec-registry.js'
import { encodeMetadata, jsonCodec } from './json-codec.js'
import type { UpcasterChain } from './upcaster-chain.js'

/** Between the application's events and the stored ones: names, codecs, metadata and upcasters. */
export class EventSerializer {
  constructor(
    readonly codecs: CodecRegistry,
    readonly upcasters: UpcasterChain,
  ) {}

  /** Throws before anything is written if the event's name, version, payload or metadata cannot be stored. */
  encode(stream: StreamIdentity, event: NewEvent): EncodedEvent {
    assertEventName(event.name)
    const version = event.version ?? 1
    if (!Number.isSafeInteger(version) || version < 1 || version > MAX_SEQUENCE) {
      throw new InvalidArgumentError(
        `Event '${event.name}' has version ${String(version)}; it has to be 1, 2, 3 …`,
      )
    }
    const metadata = event.metadata === undefined ? '{}' : encodeMetadata(event.metadata)
    const context = { aggregateType: stream.aggregateType, aggregateId: stream.aggregateId, name: event.name }
    const payload = this.codecs.encode(event.codec ?? jsonCodec.label, event.payload, context)
    return { name: event.name, version, payload, metadata }
  }

  /** Gives the event as the newest version of itself; an event that cannot be decoded is an error. */
  decode(stored: StoredEvent): RecordedEvent {
    const { name, version, payload } = this.upcasters.upcast({
      name: stored.name,
      version: stored.version,
      payload: this.decodePayload(stored),
    })
    const event = {
      aggregateType: stored.aggregateType,
      aggregateId: stored.aggregateId,
      sequence: stored.sequence,
      position: stored.position,
      commitId: stored.commitId,
      name,
      version,
      payload,
      metadata: stored.metadata,
      recordedAt: stored.recordedAt,
    }
    return stored.columns === undefined ? event : Object.assign(event, { columns: stored.columns })
  }

  /** The same for an event that is only replayed. */
  decodeTail(
    stream: StreamIdentity,
    { sequence, name, version, payload }: TailEvent,
  ): Pick<RecordedEvent, 'name' | 'version' | 'payload'> {
    const decoded =
      'decoded' in payload
        ? payload.decoded
        : this.decodePayload({
            aggregateType: stream.aggregateType,
            aggregateId: stream.aggregateId,
            sequence,
            name,
            payload,
          })
    return this.upcasters.upcast({ name, version, payload: decoded })
  }

  private decodePayload(stored: Undecoded): unknown {
    try {
      return this.codecs.decode(stored.payload, stored)
    } catch (cause) {
      if (cause instanceof UnsupportedCodecError || cause instanceof UpcastError) throw cause
      throw new ReplayError(
        stored,
        stored.sequence,
        `cannot be decoded by codec '${stored.payload.codec}' version ${stored.payload.codecVersion}.`,
        { cause },
      )
    }
  }
}

/** What decoding a payload takes. */
type Undecoded = Pick<StoredEvent, 'aggregateType' | 'aggregateId' | 'sequence' | 'name' | 'payload'>

/** Refuses names that cannot be stored, and those that the module keeps for itself. */
export function assertEventName(name: unknown): void {
  const problem = problemWithName(name)
  if (problem !== undefined) throw new InvalidArgumentError(`An event's name ${problem}.`)
  if ((name as string).startsWith('$')) {
    throw new InvalidArgumentError(
      `The event name '${String(name)}' is reserved: names must not begin with '$'.`,
    )
  }
}
