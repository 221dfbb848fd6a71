import { createHash } from 'node:crypto'
import { InvalidStreamIdentityError } from '../errors/index.js'
import { problemWithName } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'

/** What the column of the lock table holds. */
const MAX_KEY_LENGTH = 600

/**
 * The name of a stream's lock: unambiguous whatever type and id contain, and the same in every process. Control
 * characters make JSON longer than a key can be; such a name is replaced by its hash, which no other key looks like.
 * Throws `InvalidStreamIdentityError` for what cannot name a stream.
 */
export function lockKeyOf({ aggregateType, aggregateId }: StreamIdentity): string {
  for (const [part, name] of Object.entries({ aggregateType, aggregateId })) {
    const problem = problemWithName(name)
    if (problem !== undefined) throw new InvalidStreamIdentityError(part as keyof StreamIdentity, problem)
  }
  const key = JSON.stringify([aggregateType, aggregateId])
  return key.length <= MAX_KEY_LENGTH ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** The locks of several streams in the one order in which everybody takes them, each once. */
export function lockKeysOf(streams: readonly StreamIdentity[]): readonly string[] {
  return [...new Set(streams.map(lockKeyOf))].sort()
}
