import { Inject, Injectable } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { InvalidArgumentError } from '../index.js'
import type { EventStore, OutboxCounts } from '../index.js'
import { getStoreHostToken } from './store-host.js'
import type { StoreHost } from './store-host.js'
import { DEFAULT_NAME } from './store-names.js'

/** What to ask of a store, and what is too much. Limits on the outbox read the whole of it. */
export interface HealthOptions {
  /** The name of the store. @defaultValue the one without a name */
  readonly store?: string
  /** Down if a message of the outbox has waited for longer. */
  readonly maxOutboxLagMs?: number
  /** Down if more messages have failed for good. */
  readonly maxFailedMessages?: number
  /** Down if the database has not answered by then. @defaultValue 5000 */
  readonly timeoutMs?: number
}

/** How a store is; terminus takes it as the result of an indicator. */
export interface StoreHealth {
  readonly status: 'up' | 'down'
  /** What is wrong. */
  readonly message?: string
  readonly relay: StoreHost['relay']
  /** Only if there are limits on it. */
  readonly outbox?: OutboxCounts
}

const DEFAULT_TIMEOUT_MS = 5_000

/**
 * Tells whether a store's database answers, its schema fits, and its relay runs and keeps up. For the health check of
 * `@nestjs/terminus`, or of whoever else asks. Never rejects for what it checks: that is `down`.
 *
 * @example
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.health.check([() => this.events.check('events', { maxOutboxLagMs: 60_000 })])
 * }
 */
@Injectable()
export class SourcedHealthIndicator {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  async check<Key extends string>(key: Key, options: HealthOptions = {}): Promise<Record<Key, StoreHealth>> {
    const { store: name = DEFAULT_NAME, timeoutMs = DEFAULT_TIMEOUT_MS } = options
    const { store, relay } = this.find(name)
    const health = await within(timeoutMs, examine(store, relay, options)).catch((error: unknown) => ({
      status: 'down' as const,
      message: error instanceof Error ? error.message : String(error),
      relay,
    }))
    return { [key]: health } as Record<Key, StoreHealth>
  }

  private find(name: string): { readonly store: EventStore; readonly relay: StoreHost['relay'] } {
    try {
      const { store, relay } = this.moduleRef.get<StoreHost>(getStoreHostToken(name), { strict: false })
      return { store, relay }
    } catch (cause) {
      throw new InvalidArgumentError(`There is no event store '${name}' to check the health of.`, { cause })
    }
  }
}

async function examine(
  store: EventStore,
  relay: StoreHost['relay'],
  { maxOutboxLagMs, maxFailedMessages }: HealthOptions,
): Promise<StoreHealth> {
  await store.verifySchema()
  const isLimited = maxOutboxLagMs !== undefined || maxFailedMessages !== undefined
  const outbox = isLimited ? await store.outbox.counts() : undefined
  const lag = outbox?.oldestPendingMs ?? 0
  const failed = outbox?.failed ?? 0
  const problems = [
    ...(relay === 'stopped' ? ['The outbox relay does not run.'] : []),
    ...(lag > (maxOutboxLagMs ?? Infinity)
      ? [`The oldest message of the outbox has waited for ${lag} ms.`]
      : []),
    ...(failed > (maxFailedMessages ?? Infinity) ? [`${failed} messages of the outbox have failed.`] : []),
  ]
  return {
    status: problems.length === 0 ? 'up' : 'down',
    ...(problems.length === 0 ? {} : { message: problems.join(' ') }),
    relay,
    ...(outbox === undefined ? {} : { outbox }),
  }
}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The database did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
