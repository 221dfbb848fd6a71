import { OutboxClaimError } from './errors/index.js'
import { Gathering } from './gathering.js'
import type { StreamIdentity } from './model/stream-identity.js'
import type { Outbox } from './outbox.js'
import type { OutboxClaim, OutboxMessage } from './outbox-message.js'
import type { OutboxRetry } from './outbox-retry.js'
import { Signal } from './signal.js'

/** How a run publishes, with every default filled in. */
export interface OutboxRunOptions {
  readonly publish: (message: OutboxMessage) => Promise<void>
  readonly worker: string
  readonly batchSize: number
  readonly leaseMs: number
  readonly concurrency: number
  readonly retry: OutboxRetry & { readonly maxAttempts: number }
  readonly onError: (error: unknown, message?: OutboxClaim) => void
}

/** A claimed message, and until when to begin with it by this process's own clock. */
interface Waiting {
  readonly message: OutboxMessage
  readonly beginBefore: number
}

/** One relay's way through the outbox, until nothing is due. */
export class OutboxRun {
  private readonly waiting: Waiting[] = []
  private readonly lanes = new Set<Promise<void>>()
  private readonly changed = new Signal()
  private readonly completed = new Gathering((messages: readonly OutboxMessage[]) => this.complete(messages))
  private readonly successors = new Gathering((sources: readonly StreamIdentity[]) =>
    this.successorsOf(sources),
  )
  private published = 0
  /** There was nothing more to claim, and nobody has told of anything new since. */
  private exhausted = false
  private stopping = false

  constructor(
    private readonly outbox: Outbox,
    private readonly options: OutboxRunOptions,
  ) {}

  /** Gives how many messages were published. Rejects if nothing could be claimed; what was begun has ended by then. */
  async publishAll(): Promise<number> {
    try {
      while (!this.stopping) {
        const claimed = await this.claim()
        this.begin()
        if (this.lanes.size > 0) await this.changed.wait()
        else if (claimed === 0 && this.exhausted) break
        else this.exhausted = false
      }
    } finally {
      this.stopping = true
      await Promise.all(this.lanes)
      await this.release(this.waiting.splice(0))
    }
    return this.published
  }

  /** There may be something new to claim. */
  wake(): void {
    this.exhausted = false
    this.changed.raise()
  }

  /** Has `publishAll` claim and begin nothing more. */
  stop(): void {
    this.stopping = true
    this.changed.raise()
  }

  /** Fills the queue before it is empty. Gives how many messages came, if the database was asked. */
  private async claim(): Promise<number | undefined> {
    const limit = this.options.batchSize - this.waiting.length
    if (this.exhausted || limit < 1 || this.waiting.length >= this.options.concurrency) return undefined
    // Whoever tells of something new meanwhile must not be forgotten.
    this.exhausted = true
    const claimed = await this.claimFor(limit)
    this.waiting.push(...claimed)
    if (claimed.length === limit) this.exhausted = false
    return claimed.length
  }

  private async claimFor(limit: number, sources?: readonly StreamIdentity[]): Promise<Waiting[]> {
    const { worker, leaseMs, retry, onError } = this.options
    // Half of the lease is for publishing: what has waited for longer is better claimed anew.
    const beginBefore = performance.now() + leaseMs / 2
    const messages = await this.outbox.claim({
      worker,
      leaseMs,
      limit,
      retry,
      onUndecodable: onError,
      ...(sources === undefined ? {} : { sources }),
    })
    return messages.map((message) => ({ message, beginBefore }))
  }

  private begin(): void {
    const late: Waiting[] = []
    while (!this.stopping && this.lanes.size < this.options.concurrency) {
      const next = this.waiting.shift()
      if (next === undefined) break
      if (next.beginBefore < performance.now()) late.push(next)
      else this.open(next)
    }
    if (late.length > 0) this.track(this.release(late).then(() => this.wake()))
  }

  private open(first: Waiting): void {
    this.track(this.follow(first))
  }

  private track(work: Promise<void>): void {
    const lane = work.catch(this.options.onError).finally(() => {
      this.lanes.delete(lane)
      this.changed.raise()
    })
    this.lanes.add(lane)
  }

  /**
   * Publishes a message, and those that waited for it: the next one about the same stream can be claimed only now. After
   * as many as a batch it is the others' turn.
   */
  private async follow(first: Waiting): Promise<void> {
    let next: Waiting | undefined = first
    for (let left = this.options.batchSize; next !== undefined; left--) {
      const { message }: Waiting = next
      const isOver = await this.publish(message)
      if (!isOver || message.source === undefined || this.isStopping()) return
      if (left <= 1) {
        this.wake()
        return
      }
      next = await this.successors.do(message.source)
      if (next !== undefined && this.isStopping()) {
        this.waiting.push(next)
        return
      }
    }
  }

  /** Whether the message is out of the way of later ones. */
  private async publish(message: OutboxMessage): Promise<boolean> {
    const { publish, retry, onError } = this.options
    try {
      if (message.attempt > retry.maxAttempts) throw new Error(ABANDONED)
      await publish(message)
    } catch (error) {
      onError(error, message)
      return (await this.outbox.fail(message, error, retry)) === 'failed'
    }
    if (!(await this.completed.do(message))) {
      onError(new OutboxClaimError(message.messageId, message.worker, message.attempt), message)
      return false
    }
    this.published++
    return true
  }

  /** It may have become so while something was awaited. */
  private isStopping(): boolean {
    return this.stopping
  }

  /** Whether each of them was still this worker's to complete. */
  private async complete(messages: readonly OutboxMessage[]): Promise<boolean[]> {
    const refused = new Set(await this.outbox.completeAll(messages))
    return messages.map((message) => !refused.has(message))
  }

  /** The message of each stream that is next in it, if there is one and it is due. */
  private async successorsOf(sources: readonly StreamIdentity[]): Promise<(Waiting | undefined)[]> {
    const claimed = await this.claimFor(sources.length, sources)
    return sources.map(({ aggregateType, aggregateId }) => {
      const index = claimed.findIndex(
        ({ message: { source } }) =>
          source?.aggregateType === aggregateType && source.aggregateId === aggregateId,
      )
      // When two lanes ask about one stream, because one of them got its message from the queue, it is the first one's.
      return index === -1 ? undefined : claimed.splice(index, 1)[0]
    })
  }

  private async release(waiting: readonly Waiting[]): Promise<void> {
    const claims = waiting.map(({ message }) => message)
    await this.outbox.releaseAll(claims).catch(this.options.onError)
  }
}

/** Each of its attempts ended with its worker: perhaps by this message. */
const ABANDONED =
  'Every attempt to publish this message ended without an answer: its workers died, or took too long.'
