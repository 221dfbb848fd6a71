import { Logger, Module } from '@nestjs/common'
import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common'
import { DiscoveryModule, DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core'
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm'
import type { DataSource } from 'typeorm'
import { EventStore, InvalidArgumentError } from '../index.js'
import type { EventStoreOptions } from '../index.js'
import { SourcedHealthIndicator } from './health-indicator.js'
import type {
  SourcedModuleAsyncOptions,
  SourcedModuleOptions,
  SourcedModulePlace,
  SourcedOptionsFactory,
} from './module-options.js'
import { getStoreHostToken, StoreHost } from './store-host.js'
import { DEFAULT_NAME } from './store-names.js'
import { StoreProviders } from './store-providers.js'
import { assertImported, getAggregateRepositoryToken, getEventStoreToken } from './tokens.js'
import type { AnyAggregate } from './tokens.js'

const OPTIONS = Symbol('SourcedModuleOptions')

/**
 * Event stores for Nest, on the DataSources of `TypeOrmModule`. `forRoot` once for each DataSource, `forFeature` where
 * aggregates are used.
 *
 * @example
 * @Module({
 *   imports: [
 *     TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, migrations: [...sourcedMigrations], migrationsRun: true }),
 *     SourcedModule.forRoot({ entities: postgresEntities }),
 *     SourcedModule.forFeature([Account]),
 *   ],
 * })
 * class AppModule {}
 */
@Module({})
export class SourcedModule {
  /**
   * A store on a DataSource, to be injected everywhere. When the application starts it checks the tables and starts the
   * workers; when it is closed, the workers end before the DataSource does. An application that is not set up rightly does
   * not start, with an error that says what to do.
   */
  static forRoot<
    Event extends object = object,
    Snapshot extends object = object,
    Message extends object = object,
  >(options: SourcedModulePlace & SourcedModuleOptions<Event, Snapshot, Message> = {}): DynamicModule {
    const { name, dataSource, entities, ...rest } = options
    return storeModule({ name, dataSource, entities }, [{ provide: OPTIONS, useValue: rest }])
  }

  /** The same with options from providers: `useFactory` with `inject`, `useClass` or `useExisting`. */
  static forRootAsync<
    Event extends object = object,
    Snapshot extends object = object,
    Message extends object = object,
  >(options: SourcedModuleAsyncOptions<Event, Snapshot, Message>): DynamicModule {
    const { name, dataSource, entities, imports = [], ...source } = options
    const place = { name, dataSource, entities }
    return storeModule(place, optionsProviders(source, storeNameAt(place)), imports)
  }

  /**
   * Repositories of these aggregates, to be injected with `@InjectAggregateRepository`: of the store on the DataSource
   * without a name, or of the store that is named.
   */
  static forFeature(aggregates: readonly AnyAggregate[], name: string = DEFAULT_NAME): DynamicModule {
    const providers = aggregates.map((aggregate): FactoryProvider => {
      assertImported(aggregate, 'SourcedModule.forFeature')
      return {
        provide: getAggregateRepositoryToken(aggregate, name),
        useFactory: (container: ModulesContainer, store?: EventStore) =>
          (store ?? missingStore(container, name)).repository(aggregate as never),
        inject: [ModulesContainer, { token: getEventStoreToken(name), optional: true }],
      }
    })
    return { module: SourcedModule, providers, exports: providers.map(({ provide }) => provide) }
  }
}

type Place = { readonly [Part in keyof SourcedModulePlace]-?: SourcedModulePlace[Part] | undefined }

function storeNameAt({ name, dataSource }: Place): string {
  return name ?? dataSource ?? DEFAULT_NAME
}

function storeModule(
  place: Place,
  options: readonly Provider[],
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  const name = storeNameAt(place)
  const store: FactoryProvider = {
    provide: getEventStoreToken(name),
    useFactory: (
      given: SourcedModuleOptions,
      discovery: DiscoveryService,
      container: ModulesContainer,
      dataSource?: DataSource,
    ) => createStore(name, given, discovery, dataSource ?? missingDataSource(container, place.dataSource)),
    inject: [
      OPTIONS,
      DiscoveryService,
      ModulesContainer,
      { token: getDataSourceToken(place.dataSource) as string, optional: true },
    ],
  }
  const host: FactoryProvider = {
    provide: getStoreHostToken(name),
    useFactory: (
      sourced: EventStore,
      given: SourcedModuleOptions,
      discovery: DiscoveryService,
      moduleRef: ModuleRef,
    ) => new StoreHost({ name, store: sourced, options: given, discovery, moduleRef }),
    inject: [store.provide, OPTIONS, DiscoveryService, ModuleRef],
  }
  const entities = place.entities ?? []
  return {
    module: SourcedModule,
    global: true,
    imports: [
      ...imports,
      DiscoveryModule,
      ...(entities.length === 0 ? [] : [TypeOrmModule.forFeature([...entities], place.dataSource)]),
    ],
    providers: [...options, store, host, SourcedHealthIndicator],
    exports: [store.provide, SourcedHealthIndicator],
  }
}

function createStore(
  name: string,
  options: SourcedModuleOptions,
  discovery: DiscoveryService,
  dataSource: DataSource,
): EventStore {
  const logger = new Logger('EventStore')
  const providers = new StoreProviders(discovery, name)
  return new EventStore(dataSource, {
    onWarning: ({ message, cause }) =>
      logger.warn(cause instanceof Error ? `${message} ${cause.message}` : message),
    ...ofStore(options),
    projections: () => [...(options.projections ?? []), ...providers.projections()],
  })
}

/** What is for Nest only, no store knows. */
function ofStore(options: SourcedModuleOptions): EventStoreOptions {
  return Object.fromEntries(Object.entries(options).filter(([option]) => !NEST_OPTIONS.includes(option)))
}

const NEST_OPTIONS: readonly string[] = ['outbox', 'eventBus', 'verifySchema'] satisfies Exclude<
  keyof SourcedModuleOptions,
  keyof EventStoreOptions
>[]

function optionsProviders<Event extends object, Snapshot extends object, Message extends object>(
  {
    useFactory,
    inject = [],
    useClass,
    useExisting,
  }: Omit<SourcedModuleAsyncOptions<Event, Snapshot, Message>, keyof SourcedModulePlace>,
  name: string,
): Provider[] {
  if (useFactory !== undefined) return [{ provide: OPTIONS, useFactory, inject }]
  const factory = useExisting ?? useClass
  if (factory === undefined) {
    throw new InvalidArgumentError(
      "SourcedModule.forRootAsync needs 'useFactory', 'useClass' or 'useExisting'.",
    )
  }
  return [
    {
      provide: OPTIONS,
      useFactory: (given: SourcedOptionsFactory) => given.createSourcedOptions(name),
      inject: [factory],
    },
    ...(useClass === undefined ? [] : [useClass]),
  ]
}

function missingDataSource(container: ModulesContainer, name: string = DEFAULT_NAME): never {
  throw new InvalidArgumentError(
    `SourcedModule.forRoot: there is no DataSource '${name}'. ${known(container, 'DataSource')} Import 'TypeOrmModule.forRoot({ … })' ` +
      `in the application's module, with the same 'name' as here; 'TypeOrmModule.forRootAsync' needs the name beside 'useFactory'.`,
  )
}

function missingStore(container: ModulesContainer, name: string): never {
  throw new InvalidArgumentError(
    `SourcedModule.forFeature: there is no event store '${name}'. ${known(container, 'EventStore')} Import ` +
      `'SourcedModule.forRoot(${name === DEFAULT_NAME ? '' : `{ dataSource: '${name}' }`})' in the application's module.`,
  )
}

/** The names under which the application has DataSources, or stores: a token is a class, or a name with that ending. */
function known(container: ModulesContainer, kind: 'DataSource' | 'EventStore'): string {
  const names = new Set<string>()
  for (const { providers } of container.values()) {
    for (const token of providers.keys()) {
      const text = typeof token === 'function' ? token.name : String(token)
      if (text === kind) names.add(DEFAULT_NAME)
      else if (typeof token === 'string' && text.endsWith(kind)) names.add(text.slice(0, -kind.length))
    }
  }
  const list = [...names].map((name) => `'${name}'`).join(', ')
  return names.size === 0 ? 'The application has none.' : `The application has ${list}.`
}
