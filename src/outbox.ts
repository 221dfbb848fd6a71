import { InvalidArgumentError, OutboxClaimError } from './errors/index.js'
import { problemWithName } from './model/stream-identity.js'
import { assertKnown, assertMilliseconds, assertWhole } from './options.js'
import type { ClaimOptions, OutboxClaim, OutboxMessage } from './outbox-message.js'
import { resolveOutboxRetry } from './outbox-retry.js'
import type { OutboxRetry } from './outbox-retry.js'
import type { Connection } from './runner/connection.js'
import type { Database } from './runner/database.js'
import type { Host } from './runner/host.js'
import { missingEntity } from './runner/missing-entity.js'
import { asStorageError } from './runner/storage-error.js'
import type { CodecRegistry } from './serialization/codec-registry.js'
import type { Claim, ClaimedMessage, OutboxCounts, OutboxStatements } from './sql/outbox-statements.js'
import type { Statement } from './sql/statement.js'

export type { ClaimOptions, OutboxClaim, OutboxMessage } from './outbox-message.js'

const MAX_ERROR_LENGTH = 2_000
const PAGE = 1_000

/** How many messages to look at first, if only few are wanted. */
const LEAST_WINDOW = 50

/**
 * The messages that commits have stored to be published, for those who publish them. `OutboxRelay` does so by itself; use
 * this to watch and keep the outbox, or to build another relay.
 *
 * Time is the database's clock, so the clocks of workers do not matter.
 *
 * @example
 * for (const message of await store.outbox.claim({ worker: 'mailer-1' })) {
 *   await send(message)
 *   await store.outbox.complete(message)
 * }
 */
export class Outbox {
  constructor(
    private readonly database: Database,
    private readonly codecs: CodecRegistry,
    /** Whose transaction to take part in; `'apart'`: nobody's. */
    private readonly host?: Host | 'apart',
  ) {}

  /**
   * Claims messages that are due, oldest first: pending ones, and those whose worker let its lease run out. Each is claimed
   * by one worker only, and of those about one stream only the first that is not published or failed: they are published in
   * order, whatever is done with a batch at once.
   *
   * A message that cannot be decoded is failed, as a publish that failed would be, and left out.
   */
  async claim<Payload = unknown>(options: ClaimOptions): Promise<OutboxMessage<Payload>[]> {
    assertKnown('claim', options, ['worker', 'limit', 'leaseMs', 'sources', 'retry', 'onUndecodable'])
    const { worker, limit = 100, leaseMs = 30_000, sources, retry, onUndecodable } = options
    assertClaim(worker, limit, leaseMs)
    const policy = resolveOutboxRetry('retry', retry)
    const messages: OutboxMessage<Payload>[] = []
    let after: string | undefined
    let window = Math.max(LEAST_WINDOW, 2 * limit)
    for (;;) {
      const request = { worker, limit: limit - messages.length, leaseMs, sources, window, after }
      const claimed = await this.run((outbox) => outbox.claim(request))
      let undecodable = 0
      for (const stored of claimed.messages) {
        try {
          messages.push({ ...stored, payload: this.decode(stored) as Payload })
        } catch (error) {
          undecodable++
          onUndecodable?.(error, stored)
          await this.run((outbox) => outbox.fail(stored, textOf(error), policy.delayAfter(stored.attempt)))
        }
      }
      if (messages.length >= limit) return messages
      // Where few messages are claimable, the others are soon passed; behind some that cannot be decoded may be more.
      if (claimed.next === undefined && undecodable === 0) return messages
      after = claimed.next
      window *= 4
    }
  }

  /** Marks a claimed message as published. Throws `OutboxClaimError` if the claim is not live; nothing is changed then. */
  async complete(claim: OutboxClaim): Promise<void> {
    const [refused] = await this.completeAll([claim])
    if (refused !== undefined) throw notLive(refused)
  }

  /** The same for several claims of one worker, at once. Gives those that are not live; nothing is changed for them. */
  completeAll(claims: readonly OutboxClaim[]): Promise<OutboxClaim[]> {
    return this.end(claims, (outbox, worker) => outbox.complete(worker, claims))
  }

  /**
   * Gives a claimed message back that was not tried: it is due at once, and the attempt does not count. Throws
   * `OutboxClaimError` if the claim is not live; nothing is changed then.
   */
  async release(claim: OutboxClaim): Promise<void> {
    const [refused] = await this.releaseAll([claim])
    if (refused !== undefined) throw notLive(refused)
  }

  /** The same for several claims of one worker, at once. Gives those that are not live; nothing is changed for them. */
  releaseAll(claims: readonly OutboxClaim[]): Promise<OutboxClaim[]> {
    return this.end(claims, (outbox, worker) => outbox.release(worker, claims))
  }

  /**
   * Reports that a claimed message could not be published. It is due again after a pause that doubles from attempt to
   * attempt; after the last one it is `failed` and kept until it is redriven. The error's message is stored. Gives the
   * message's new status. Throws `OutboxClaimError` if the claim is not live; nothing is changed then.
   */
  async fail(claim: OutboxClaim, error: unknown, retry?: OutboxRetry): Promise<'pending' | 'failed'> {
    const delay = resolveOutboxRetry('fail', retry).delayAfter(claim.attempt)
    const live = await this.run((outbox) => outbox.fail(claim, textOf(error), delay))
    if (!live) throw notLive(claim)
    return delay === undefined ? 'failed' : 'pending'
  }

  /**
   * Makes failed messages due again, with all their attempts before them; gives how many. Without `messageIds` all that
   * failed.
   */
  async redrive(options: { readonly messageIds?: readonly string[] } = {}): Promise<number> {
    assertKnown('redrive', options, ['messageIds'])
    return this.run((outbox) => outbox.redrive(options.messageIds))
  }

  /** Removes messages that were published before a time; gives how many. Others are never removed. */
  async purge(options: { readonly publishedBefore: Date }): Promise<number> {
    assertKnown('purge', options, ['publishedBefore'])
    const { publishedBefore } = options
    if (!(publishedBefore instanceof Date && Number.isFinite(publishedBefore.getTime())))
      throw new InvalidArgumentError('publishedBefore has to be a valid Date.')
    for (let purged = 0; ;) {
      const page = await this.run((outbox) => outbox.purge(publishedBefore, PAGE))
      purged += page
      if (page < PAGE) return purged
    }
  }

  /** How many messages there are in each status, and how long the oldest pending one has waited. Reads the whole outbox. */
  async counts(): Promise<OutboxCounts> {
    return this.run((outbox) => outbox.counts())
  }

  /** The same outbox outside of every transaction of the host's. */
  apart(): Outbox {
    return new Outbox(this.database, this.codecs, 'apart')
  }

  /** Tells the host's log of something that failed nothing. */
  warn(message: string): void {
    this.database.dataSource.logger.log('warn', message)
  }

  private async end(
    claims: readonly OutboxClaim[],
    statement: (outbox: OutboxStatements, worker: string) => Statement<readonly string[]>,
  ): Promise<OutboxClaim[]> {
    const [first] = claims
    if (first === undefined) return []
    const { worker } = first
    if (claims.some((claim) => claim.worker !== worker))
      throw new InvalidArgumentError('Claims that are ended together have to be of one worker.')
    const ended = new Set(await this.run((outbox) => statement(outbox, worker)))
    return claims.filter(({ messageId }) => !ended.has(messageId))
  }

  private decode({ type, payload, source }: ClaimedMessage): unknown {
    const { aggregateType = '', aggregateId = '' } = source ?? {}
    return this.codecs.decode(payload, { aggregateType, aggregateId, name: type })
  }

  private async run<Result>(statement: (outbox: OutboxStatements) => Statement<Result>): Promise<Result> {
    const work = (connection: Connection): Promise<Result> =>
      connection.run(statement(statementsOf(connection)))
    try {
      return await (this.host === 'apart'
        ? this.database.connectAnew(work)
        : this.database.connect(this.host, work))
    } catch (error) {
      throw asStorageError('read', error)
    }
  }
}

function statementsOf({ statements: { outbox } }: Connection): OutboxStatements {
  if (outbox !== undefined) return outbox
  throw missingEntity('outbox_messages', 'OutboxMessage')
}

function assertClaim(worker: string, limit: number, leaseMs: number): void {
  const problem = problemWithName(worker)
  if (problem !== undefined) throw new InvalidArgumentError(`The name of a worker ${problem}.`)
  assertWhole('limit', limit, 1)
  assertMilliseconds('leaseMs', leaseMs)
}

function notLive({ messageId, worker, attempt }: Claim): OutboxClaimError {
  return new OutboxClaimError(messageId, worker, attempt)
}

/** What the database can keep of an error: no NUL, whole characters, and not a whole page of some server's. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.slice(0, MAX_ERROR_LENGTH).replaceAll('\0', '').toWellFormed()
}
