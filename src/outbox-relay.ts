import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { InvalidArgumentError } from './errors/index.js'
import { problemWithName } from './model/stream-identity.js'
import { assertKnown, assertMilliseconds, assertWhole } from './options.js'
import type { Outbox } from './outbox.js'
import type { OutboxClaim, OutboxMessage } from './outbox-message.js'
import { resolveOutboxRetry } from './outbox-retry.js'
import type { OutboxRetry } from './outbox-retry.js'
import { OutboxRun } from './outbox-run.js'
import type { OutboxRunOptions } from './outbox-run.js'
import { Signal } from './signal.js'

/** How a relay publishes. */
export interface OutboxRelayOptions extends OutboxRetry {
  /**
   * Publishes one message. Rejecting means that it was not published and is to be tried again. It may be called again with
   * a message that was published, by this or another worker, if a worker dies in between: let consumers be idempotent.
   */
  readonly publish: (message: OutboxMessage) => Promise<void>
  /** The name of this worker; no two may have the same. @defaultValue one made of host name, process id and chance */
  readonly worker?: string
  /** How many messages to claim at once. @defaultValue 100 */
  readonly batchSize?: number
  /**
   * For how long a claim is good; longer than the slowest publish. A worker that dies keeps its messages for so long.
   * @defaultValue 30000
   */
  readonly leaseMs?: number
  /** How long to wait before looking for messages again, if no commit of this process wakes the relay. @defaultValue 1000 */
  readonly pollMs?: number
  /** How many messages to publish at the same time; never two about one stream. @defaultValue 10 */
  readonly concurrency?: number
  /**
   * Told of every publish that failed, with its message, and of everything else that went wrong. The relay goes on.
   * @defaultValue TypeORM's logger, at level `warn`
   */
  readonly onError?: (error: unknown, message?: OutboxClaim) => void
}

/** What a relay needs of a store. */
export interface RelayedStore {
  readonly outbox: Outbox
  onCommitted(listener: () => void): () => void
}

const OPTIONS = [
  'publish',
  'worker',
  'batchSize',
  'leaseMs',
  'pollMs',
  'concurrency',
  'maxAttempts',
  'firstDelayMs',
  'maxDelayMs',
  'onError',
] as const satisfies (keyof OutboxRelayOptions)[]

/**
 * Publishes the messages of the outbox: at least once, and those about one stream in order, with any number of relays in any
 * number of processes. It wakes when this process commits, and looks by itself now and then for what others committed.
 *
 * A message that cannot be published is tried again after a pause that doubles each time; the later messages about its stream
 * wait for it. After `maxAttempts` it is `failed`, and they go on without it: see `store.outbox.redrive()`.
 *
 * @example
 * const relay = new OutboxRelay(store, { publish: (message) => bus.send(message.destination, message) })
 * relay.start()
 * // when the application shuts down, before the DataSource is closed
 * await relay.stop()
 */
export class OutboxRelay {
  private readonly outbox: Outbox
  private readonly options: OutboxRunOptions
  private readonly pollMs: number
  private readonly news = new Signal()
  private readonly runs = new Map<OutboxRun, Promise<number>>()
  private session: Session | undefined
  /** A relay's work belongs to nobody's transaction, not even to the one in which somebody starts it. */
  private readonly inOwnContext = AsyncLocalStorage.snapshot()

  constructor(
    private readonly store: RelayedStore,
    options: OutboxRelayOptions,
  ) {
    assertKnown('OutboxRelay', options, OPTIONS)
    this.outbox = store.outbox.apart()
    this.options = resolveRun(options, reporterOf(this.outbox, options.onError))
    this.pollMs = options.pollMs ?? 1_000
    assertMilliseconds('pollMs', this.pollMs)
  }

  /** Begins to publish, until `stop()`. Does nothing if it has begun. */
  start(): void {
    if (this.session !== undefined) return
    const unsubscribe = this.store.onCommitted(() => this.wake())
    const session: Session = { stopped: false, unsubscribe, ended: Promise.resolve() }
    this.session = session
    session.ended = this.inOwnContext(() => this.work(session))
  }

  /**
   * Claims nothing more, waits for what is being published, and gives back what was claimed and not begun. Resolves when
   * that is done; never rejects.
   */
  async stop(): Promise<void> {
    const { session } = this
    this.session = undefined
    if (session !== undefined) {
      session.stopped = true
      session.unsubscribe()
    }
    for (const run of this.runs.keys()) run.stop()
    this.news.raise()
    await Promise.allSettled([session?.ended, ...this.runs.values()])
  }

  /**
   * Publishes until nothing is due, and gives how many messages were published: for tests, and for jobs that somebody else
   * schedules. Rejects with `StorageError` if the database cannot be asked.
   */
  runOnce(): Promise<number> {
    return this.inOwnContext(() => this.run())
  }

  private async work(session: Session): Promise<void> {
    const isStopped = (): boolean => session.stopped
    while (!isStopped()) {
      await this.run().catch(this.options.onError)
      if (!isStopped()) await this.news.wait(this.pollMs)
    }
  }

  private async run(): Promise<number> {
    const run = new OutboxRun(this.outbox, this.options)
    const ended = run.publishAll()
    this.runs.set(run, ended)
    try {
      return await ended
    } finally {
      this.runs.delete(run)
    }
  }

  private wake(): void {
    this.news.raise()
    for (const run of this.runs.keys()) run.wake()
  }
}

/** What lies between a start and a stop. */
interface Session {
  stopped: boolean
  readonly unsubscribe: () => void
  ended: Promise<void>
}

function resolveRun(options: OutboxRelayOptions, onError: OutboxRunOptions['onError']): OutboxRunOptions {
  const { publish, maxAttempts, firstDelayMs, maxDelayMs } = options
  const given = Object.entries({ maxAttempts, firstDelayMs, maxDelayMs }).filter(
    ([, value]) => value !== undefined,
  )
  const retry = Object.fromEntries(given) as OutboxRetry
  const run: OutboxRunOptions = {
    publish,
    onError,
    worker: options.worker ?? `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`.slice(-255),
    batchSize: options.batchSize ?? 100,
    leaseMs: options.leaseMs ?? 30_000,
    concurrency: options.concurrency ?? 10,
    retry: { ...retry, maxAttempts: resolveOutboxRetry('OutboxRelay', retry).maxAttempts },
  }
  if (typeof publish !== 'function')
    throw new InvalidArgumentError('OutboxRelay needs a function to publish with.')
  const problem = problemWithName(run.worker)
  if (problem !== undefined) throw new InvalidArgumentError(`The name of a worker ${problem}.`)
  assertWhole('batchSize', run.batchSize, 1)
  assertWhole('concurrency', run.concurrency, 1)
  assertWhole('leaseMs', run.leaseMs, MIN_LEASE_MS)
  return run
}

/** A shorter one would run out while the database answers. */
const MIN_LEASE_MS = 100

/** Who is told of errors must not make another one. */
function reporterOf(outbox: Outbox, onError: OutboxRelayOptions['onError']): OutboxRunOptions['onError'] {
  return (error, message) => {
    try {
      if (onError !== undefined) {
        onError(error, message)
        return
      }
      const what =
        message === undefined ? 'The outbox relay failed' : `Outbox message '${message.messageId}' failed`
      outbox.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    } catch {
      // The relay goes on.
    }
  }
}
