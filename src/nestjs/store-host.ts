import { Logger } from '@nestjs/common'
import type {
  InjectionToken,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common'
import type { DiscoveryService, ModuleRef } from '@nestjs/core'
import { InvalidArgumentError, OutboxRelay, SchemaError } from '../index.js'
import type { EventStore, OutboxRelayOptions } from '../index.js'
import { publishCommits } from './committed-events.js'
import type { CommittedEventBus, SourcedModuleOptions } from './module-options.js'
import { StoreProviders } from './store-providers.js'
import type { StoreWorker } from './store-worker.js'

/** What a store's host needs of the application around it. */
export interface StoreSurroundings {
  readonly name: string
  readonly store: EventStore
  readonly options: SourcedModuleOptions
  readonly discovery: DiscoveryService
  readonly moduleRef: ModuleRef
}

/** The token of a store's host, inside the module. */
export function getStoreHostToken(name: string): string {
  return `${name}EventStoreHost`
}

/** Checks one store when the application starts, and runs its workers until the application is closed. */
export class StoreHost implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly workers: StoreWorker[] = []
  private unsubscribe: (() => void) | undefined
  private working = false

  constructor(private readonly surroundings: StoreSurroundings) {}

  get store(): EventStore {
    return this.surroundings.store
  }

  /** Whether there are workers, and they were started and not stopped. */
  get relay(): 'none' | 'running' | 'stopped' {
    if (this.workers.length === 0) return 'none'
    return this.working ? 'running' : 'stopped'
  }

  /** Every provider exists by now, and migrations that a host runs in onModuleInit() have run. */
  async onApplicationBootstrap(): Promise<void> {
    const { store, options } = this.surroundings
    this.assertAlone()
    if (options.verifySchema !== false) await this.verifySchema()
    // A commit of nothing sends nothing, but has the store ask for its projections and check them.
    await store.commit([])
    this.publishCommits()
    this.workers.push(...this.relays())
    for (const worker of this.workers) worker.start()
    this.working = true
  }

  /** The first of Nest's hooks: publishers and the DataSource close their connections in later ones. */
  async onModuleDestroy(): Promise<void> {
    this.working = false
    await Promise.all(this.workers.map((worker) => worker.stop()))
  }

  /** What is committed by requests that are still under way is published too, so this comes later. */
  onApplicationShutdown(): void {
    this.unsubscribe?.()
  }

  private relays(): StoreWorker[] {
    const { name, store, options, discovery } = this.surroundings
    const relays: OutboxRelayOptions[] = new StoreProviders(discovery, name).relays()
    if (options.outbox !== undefined) relays.push(options.outbox)
    if (relays.length > 1) {
      throw new InvalidArgumentError(
        `The outbox of ${describe(name)} has ${relays.length} publishers, and each message goes to one of them only. Keep one, and let ` +
          `it decide by the message's type or destination.`,
      )
    }
    return relays.map((relay) => logging(store, relay))
  }

  private publishCommits(): void {
    const { store, options, moduleRef } = this.surroundings
    if (options.eventBus === undefined) return
    this.unsubscribe = publishCommits(store, busOf(moduleRef, options.eventBus))
  }

  private async verifySchema(): Promise<void> {
    const { name, store } = this.surroundings
    try {
      await store.verifySchema()
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      throw new SchemaError(
        error.problems,
        `${error.cure} This is ${describe(name)}. In Nest, 'TypeOrmModule.forRoot({ autoLoadEntities: true })' registers what ` +
          `'SourcedModule.forRoot({ entities })' lists, and its option 'migrationsRun: true' runs the migrations before the check.`,
      )
    }
  }

  private assertAlone(): void {
    const { name, discovery } = this.surroundings
    const hosts = discovery.getProviders().filter(({ token }) => token === getStoreHostToken(name))
    if (hosts.length < 2) return
    throw new InvalidArgumentError(
      `SourcedModule.forRoot() was imported ${hosts.length} times for ${describe(name)}. Import it once; its store can be injected everywhere. ` +
        `Give each of several stores on one DataSource a 'name' of its own.`,
    )
  }
}

function busOf(moduleRef: ModuleRef, token: InjectionToken<CommittedEventBus>): CommittedEventBus {
  try {
    return moduleRef.get<CommittedEventBus>(token, { strict: false })
  } catch (cause) {
    throw new InvalidArgumentError(
      `SourcedModule's option 'eventBus' names a provider that the application does not have. For the EventBus of @nestjs/cqrs, ` +
        `import 'CqrsModule.forRoot()' in the application's module.`,
      { cause },
    )
  }
}

/** In Nest, Nest's logger is told, unless the host says otherwise. */
function logging(store: EventStore, options: OutboxRelayOptions): StoreWorker {
  const logger = new Logger('OutboxRelay')
  return new OutboxRelay(store, {
    onError: (error, message) => {
      const what = message === undefined ? 'The relay failed' : `Message '${message.messageId}' failed`
      logger.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    },
    ...options,
  })
}

function describe(name: string): string {
  return name === 'default' ? 'the event store' : `the event store '${name}'`
}
