export { recordedEventOf } from './committed-events.js'
export { SourcedExceptionFilter } from './exception-filter.js'
export type { StatusesByCode } from './exception-filter.js'
export { SourcedHealthIndicator } from './health-indicator.js'
export type { HealthOptions, StoreHealth } from './health-indicator.js'
export type {
  CommittedEventBus,
  SourcedModuleAsyncOptions,
  SourcedModuleOptions,
  SourcedModulePlace,
  SourcedOptionsFactory,
} from './module-options.js'
export { OutboxPublisher } from './outbox-publisher.js'
export type { OutboxPublisherOptions, PublishesMessages } from './outbox-publisher.js'
export { RequestMetadataInterceptor } from './request-metadata.js'
export type { MetadataOfRequest } from './request-metadata.js'
export { SourcedModule } from './sourced-module.js'
export { ForEventStore } from './store-names.js'
export {
  getAggregateRepositoryToken,
  getEventStoreToken,
  InjectAggregateRepository,
  InjectEventStore,
} from './tokens.js'
