import 'reflect-metadata'

export { AggregateRepository } from './aggregate-repository.js'
export type { AggregateOptions, SnapshotOptions } from './aggregate/aggregate-definition.js'
export { AggregateRoot } from './aggregate/aggregate-root.js'
export type { AggregateClass } from './aggregate/class-definition.js'
export type { EventClass, EventOptions } from './aggregate/declarations.js'
export { Aggregate, Applies, DomainEvent, Records } from './aggregate/decorators.js'
export type { AggregateClassOptions, RecordsOptions } from './aggregate/decorators.js'
export {
  defineAggregate,
  FunctionalAggregate,
  FunctionalAggregateType,
} from './aggregate/functional-aggregate.js'
export type { AggregateFunctions } from './aggregate/functional-aggregate.js'
export { withMetadata } from './aggregate/metadata-scope.js'
export type { CommitListener } from './commit/commit-listeners.js'
export type { RetryPolicy } from './commit/retry-on-conflict.js'
export {
  ConcurrentWriteError,
  DuplicateStreamError,
  FeedStalledError,
  InvalidArgumentError,
  InvalidPayloadError,
  InvalidStreamIdentityError,
  ReplayError,
  SchemaError,
  SourcedError,
  StorageError,
  UnsupportedCodecError,
  UpcastError,
} from './errors/index.js'
export type { WriteOutcome } from './errors/index.js'
export { EventStore } from './event-store.js'
export type {
  Commit,
  CommittedStream,
  Metadata,
  NewEvent,
  RecordedEvent,
  StreamAppend,
} from './model/event.js'
export type { ExpectedVersion } from './model/expected-version.js'
export type { StreamIdentity } from './model/stream-identity.js'
export { openSqlite } from './open-sqlite.js'
export type { OpenSqliteOptions } from './open-sqlite.js'
export type { EventStoreOptions, Warning } from './options.js'
export type { LoadOptions } from './reading/load-aggregates.js'
export type { ReadAllOptions } from './reading/read-all.js'
export type { ReadStreamOptions } from './reading/read-stream.js'
export type { Host } from './runner/host.js'
export type { BytesCodec, Codec, CodecContext, JsonCodec } from './serialization/codec.js'
export type { Upcaster } from './serialization/upcaster-chain.js'
