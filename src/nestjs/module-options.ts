import type { FactoryProvider, InjectionToken, ModuleMetadata, Type } from '@nestjs/common'
import type { EventStoreOptions, OutboxRelayOptions } from '../index.js'

/** What is known when modules are declared: which store this is, and where it is. */
export interface SourcedModulePlace {
  /** The name of the DataSource, as given to `TypeOrmModule`. @defaultValue the one without a name */
  readonly dataSource?: string
  /** The name to inject the store by, needed only for several stores on one DataSource. @defaultValue that of the DataSource */
  readonly name?: string
  /**
   * The entities of the store, or your subclasses of them, for a DataSource with `autoLoadEntities: true`. Leave it out if
   * the DataSource lists them itself.
   *
   * @example
   * SourcedModule.forRoot({ entities: postgresEntities })
   */
  readonly entities?: readonly (new () => object)[]
}

/** Publishes what was committed, in this process; the `EventBus` of `@nestjs/cqrs` is one. */
export interface CommittedEventBus {
  publishAll(events: object[]): unknown
}

/**
 * Settings of a store in a Nest application: all of `EventStore`'s, and how it works with the rest of Nest. `Event`, `Snapshot`,
 * `Message`: the host's entities, if they add columns.
 */
export interface SourcedModuleOptions<
  Event extends object = object,
  Snapshot extends object = object,
  Message extends object = object,
> extends Omit<EventStoreOptions<Event, Snapshot, Message>, 'projections'> {
  /** Inline projections made of functions. Those that are providers with `@Projection` are found by themselves. */
  readonly projections?: readonly object[]
  /** Publishes the messages of the outbox, from the start until the application is closed. Or use `@OutboxPublisher`. */
  readonly outbox?: OutboxRelayOptions
  /**
   * The token of a bus that gets the committed events which have a class with `@DomainEvent`: in the order of the commit,
   * once, after the outermost transaction has committed. A process that dies in between has told nobody; what must not be
   * missed goes through the outbox.
   *
   * @example
   * SourcedModule.forRoot({ eventBus: EventBus }) // of @nestjs/cqrs
   */
  readonly eventBus?: InjectionToken<CommittedEventBus>
  /** Whether to check tables, keys and guards when the application starts, so that it does not start without them. @defaultValue true */
  readonly verifySchema?: boolean
}

/** A class that gives the options. */
export interface SourcedOptionsFactory<
  Event extends object = object,
  Snapshot extends object = object,
  Message extends object = object,
> {
  /** `name` is the store's. */
  createSourcedOptions(
    name: string,
  ): Promise<SourcedModuleOptions<Event, Snapshot, Message>> | SourcedModuleOptions<Event, Snapshot, Message>
}

/** Options that come from providers. Name, DataSource and entities have to be known before there are any. */
export interface SourcedModuleAsyncOptions<
  Event extends object = object,
  Snapshot extends object = object,
  Message extends object = object,
>
  extends SourcedModulePlace, Pick<ModuleMetadata, 'imports'> {
  readonly useFactory?: (
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever is injected
    ...injected: any[]
  ) =>
    Promise<SourcedModuleOptions<Event, Snapshot, Message>> | SourcedModuleOptions<Event, Snapshot, Message>
  readonly inject?: NonNullable<FactoryProvider['inject']>
  readonly useClass?: Type<SourcedOptionsFactory<Event, Snapshot, Message>>
  readonly useExisting?: InjectionToken<SourcedOptionsFactory<Event, Snapshot, Message>>
}
