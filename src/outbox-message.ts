import type { Metadata } from './model/event.js'
import type { MessageSource } from './model/message.js'
import type { StreamIdentity } from './model/stream-identity.js'
import type { OutboxRetry } from './outbox-retry.js'

/** A message of the outbox that a worker has claimed, with its payload decoded. */
export interface OutboxMessage<Payload = unknown> extends OutboxClaim {
  readonly type: string
  readonly payload: Payload
  /** Where to publish it, as whoever staged it said. */
  readonly destination: string | undefined
  readonly metadata: Metadata
  /** When it was stored. */
  readonly createdAt: Date
  /** The end of the lease, by the database's clock. From then on another worker may claim the message. */
  readonly claimedUntil: Date
  /** The stream that it is about, and its version when the message was staged. */
  readonly source: MessageSource | undefined
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
}

/** What ends a claim: a claimed message, or these three of its facts. */
export interface OutboxClaim {
  readonly messageId: string
  readonly worker: string
  /** 1 for the first claim of the message. */
  readonly attempt: number
}

/** What to claim, and for how long. */
export interface ClaimOptions {
  /** Who claims; no two workers may have the same name. */
  readonly worker: string
  /** @defaultValue 100 */
  readonly limit?: number
  /** For how long nobody else gets the messages. @defaultValue 30000 */
  readonly leaseMs?: number
  /** Only messages about these streams. */
  readonly sources?: readonly StreamIdentity[]
  /** What becomes of messages that cannot be decoded. */
  readonly retry?: OutboxRetry
  /** Told of messages that cannot be decoded. */
  readonly onUndecodable?: (error: unknown, claim: OutboxClaim) => void
}
