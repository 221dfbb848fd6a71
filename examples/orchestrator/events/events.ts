import type { NewEvent, RecordedEvent, StreamIdentity } from '../../../src/index.js'
import { DecodingError } from './decoder.js'
import type { Decoded } from './decoder.js'
import type { EventKind } from './event-kind.js'
import { versionOf } from './event-kind.js'
import { KINDS } from './kinds.js'

export type EventName = keyof typeof KINDS

export type PayloadOf<Name extends EventName> = Decoded<(typeof KINDS)[Name]['decode']>

/** An event as the log gives it back. Its `name` tells which payload it has. */
export type StoredEvent<Name extends EventName = EventName> = {
  [Kind in Name]: RecordedEvent<Kind, PayloadOf<Kind>>
}[Name]

/** An event that is to be recorded, and in which stream. */
export interface NewFact extends StreamIdentity {
  readonly event: NewEvent
}

export const EVENT_NAMES = Object.keys(KINDS) as readonly EventName[]

/** The log contains what this application does not know, or cannot read. Reading on would mean to guess. */
export class UnreadableEventError extends Error {
  constructor(
    readonly position: number,
    readonly eventName: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`Event ${position} of the log, '${eventName}': ${problem}`, options)
    this.name = 'UnreadableEventError'
  }
}

/** The kind of this name. Throws for a name that is not declared, such as a misspelt one. */
export function kindOf<Name extends EventName>(name: Name): (typeof KINDS)[Name] {
  if (!Object.hasOwn(KINDS, name)) {
    throw new TypeError(`No event is called '${name}'. There are: ${EVENT_NAMES.join(', ')}.`)
  }
  return KINDS[name]
}

/**
 * An event to be recorded in the stream with this id. Which stream, which version and which payload follows from the
 * name. What the decoder could not read again is refused here, before it is stored.
 */
export function event<Name extends EventName>(
  name: Name,
  id: string,
  ...[payload]: PayloadOf<Name> extends null ? [] : [payload: PayloadOf<Name>]
): NewFact {
  const kind: EventKind = kindOf(name)
  return {
    aggregateType: kind.stream,
    aggregateId: id,
    event: { name, version: versionOf(kind), payload: kind.decode(payload ?? null) },
  }
}

/** Reads an event of the log by the kind that its name stands for. Throws `UnreadableEventError`. */
export function readEvent(recorded: RecordedEvent): StoredEvent {
  const { name, position } = recorded
  if (!Object.hasOwn(KINDS, name)) throw new UnreadableEventError(position, name, 'there is no such kind.')
  const kind: EventKind = KINDS[name as EventName]
  if (recorded.version !== versionOf(kind)) {
    const problem = `it has version ${recorded.version}, this application reads ${versionOf(kind)}.`
    throw new UnreadableEventError(position, name, problem)
  }
  if (recorded.aggregateType !== kind.stream) {
    throw new UnreadableEventError(
      position,
      name,
      `it stands in a stream of type '${recorded.aggregateType}'.`,
    )
  }
  try {
    return { ...recorded, payload: kind.decode(recorded.payload) } as StoredEvent
  } catch (cause) {
    if (!(cause instanceof DecodingError)) throw cause
    throw new UnreadableEventError(position, name, `${cause.message}.`, { cause })
  }
}
