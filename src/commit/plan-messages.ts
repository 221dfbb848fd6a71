import { randomUUID } from 'node:crypto'
import { journalOf } from '../aggregate/journal.js'
import { DuplicateOutboxMessageError, InvalidArgumentError } from '../errors/index.js'
import type { Metadata } from '../model/event.js'
import type { MessageSource, NewOutboxMessage, ProcessedMark, StagedMessage } from '../model/message.js'
import { problemWithName } from '../model/stream-identity.js'
import type { EventSerializer } from '../serialization/event-serializer.js'
import { encodeMetadata, jsonCodec } from '../serialization/json-codec.js'
import { appendOf } from './plan-aggregates.js'
import type { Member } from './plan-aggregates.js'

/** An outbox message as a unit of work holds it. */
export interface OutgoingMessage {
  readonly message: NewOutboxMessage
  /** The aggregate that it is about. */
  readonly source: Member | undefined
  /** Of the scope in which it was staged. */
  readonly metadata: Metadata
}

/**
 * Checks and encodes outbox messages, before anything is written. A message is stamped with its source's type, id
 * and version, pending events included; without a source, with the only aggregate of the commit.
 */
export function planMessages(
  serializer: EventSerializer,
  outgoing: readonly OutgoingMessage[],
  members: readonly Member[],
): readonly StagedMessage[] {
  if (outgoing.length === 0) return []
  const [only, another] = members
  const ids = new Set<string>()
  return outgoing.map(({ message, source = another === undefined ? only : undefined, metadata: common }) => {
    const {
      messageId = randomUUID(),
      type,
      payload,
      destination,
      availableAt,
      codec = jsonCodec.label,
    } = message
    assertName(`An outbox message's id`, messageId)
    assertName(`An outbox message's type`, type)
    if (destination !== undefined) assertName(`An outbox message's destination`, destination)
    if (ids.has(messageId)) throw new DuplicateOutboxMessageError(messageId)
    ids.add(messageId)
    if (
      availableAt !== undefined &&
      !(availableAt instanceof Date && Number.isFinite(availableAt.getTime()))
    ) {
      throw new InvalidArgumentError(`Outbox message '${messageId}': availableAt has to be a valid Date.`)
    }
    const from = source === undefined ? undefined : sourceOf(source)
    const context = {
      aggregateType: from?.aggregateType ?? '',
      aggregateId: from?.aggregateId ?? '',
      name: type,
    }
    const metadata = { ...common, ...message.metadata }
    return {
      messageId,
      type,
      payload: serializer.codecs.encode(codec, payload, context),
      destination,
      metadata: encodeMetadata(metadata),
      availableAt,
      source: from,
      correlationId: message.correlationId ?? textOf(metadata['correlationId']),
      causationId: message.causationId ?? textOf(metadata['causationId']),
    }
  })
}

/** Refuses marks that cannot be stored; the same mark twice counts once. */
export function planMarks(marks: readonly ProcessedMark[]): readonly ProcessedMark[] {
  if (marks.length === 0) return marks
  for (const { consumer, messageId } of marks) {
    assertName('The name of a consumer', consumer)
    assertName(`A processed message's id`, messageId)
  }
  return [...new Map(marks.map((mark) => [JSON.stringify([mark.consumer, mark.messageId]), mark])).values()]
}

function sourceOf(source: Member): MessageSource {
  const { aggregateType, aggregateId } = appendOf(source)
  return { aggregateType, aggregateId, sequence: journalOf(source.aggregate).version }
}

function assertName(what: string, name: string): void {
  const problem = problemWithName(name)
  if (problem !== undefined) throw new InvalidArgumentError(`${what} ${problem}.`)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && problemWithName(value) === undefined ? value : undefined
}
