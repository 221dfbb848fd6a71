import type { Metadata } from '../model/event.js'
import type { MessageSource, StagedMessage } from '../model/message.js'
import type { EncodedPayload } from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { Statement } from './statement.js'

/** One worker's claim on one message. */
export interface Claim {
  readonly messageId: string
  readonly worker: string
  readonly attempt: number
}

/** What a worker wants to claim. */
export interface ClaimRequest {
  readonly worker: string
  readonly limit: number
  readonly leaseMs: number
  /** Only messages about these streams. */
  readonly sources: readonly StreamIdentity[] | undefined
  /** How many of the oldest messages to look at, if the database has to be told. */
  readonly window: number
  /** Look at those after this cursor of an earlier claim. */
  readonly after: string | undefined
}

/** What was claimed. `next`: a cursor, if there are messages that were not looked at. */
export interface Claimed {
  readonly messages: readonly ClaimedMessage[]
  readonly next: string | undefined
}

/** A claimed message as it is stored. */
export interface ClaimedMessage extends Claim {
  readonly type: string
  readonly payload: EncodedPayload
  readonly destination: string | undefined
  readonly metadata: Metadata
  readonly createdAt: Date
  readonly claimedUntil: Date
  readonly source: MessageSource | undefined
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
}

/** How many messages there are in each status. */
export interface OutboxCounts {
  readonly pending: number
  readonly inFlight: number
  readonly published: number
  readonly failed: number
  /** How long ago the oldest pending message was stored, by the database's clock. */
  readonly oldestPendingMs: number | undefined
}

/** The statements over the outbox, compiled for one table. Time is the database's. */
export interface OutboxStatements {
  /**
   * Inserts the messages in the order given, and gives the ids of those that exist already and were not inserted. `orFail`: one
   * that exists is an error of the database's.
   */
  stage(messages: readonly StagedMessage[], orFail: boolean): Statement<readonly string[]>
  /**
   * Claims the oldest messages that are due and pending, or in flight with a lease that ran out. Of the messages about one
   * stream only the first that is not published or failed. Gives them in the order in which they were staged.
   */
  claim(request: ClaimRequest): Statement<Claimed>
  /** Makes those of one worker's claims `published` that are still live; gives their ids. */
  complete(worker: string, claims: readonly Claim[]): Statement<readonly string[]>
  /** Makes those of one worker's claims `pending` again that are still live, as if never claimed; gives their ids. */
  release(worker: string, claims: readonly Claim[]): Statement<readonly string[]>
  /** Makes a live claim `pending` again, due after a delay, or `failed` without one; gives whether it was live. */
  fail(claim: Claim, error: string, retryInMs: number | undefined): Statement<boolean>
  /** Makes failed messages pending and due, with no attempts made; gives how many. Without ids all of them. */
  redrive(messageIds: readonly string[] | undefined): Statement<number>
  /** Removes at most `limit` messages that were published before; gives how many. */
  purge(publishedBefore: Date, limit: number): Statement<number>
  counts(): Statement<OutboxCounts>
}
