import 'reflect-metadata'

export { AggregateRepository } from './aggregate-repository.js'
export type { UpdateOptions } from './aggregate-repository.js'
export type { AggregateOptions, SnapshotOptions } from './aggregate/aggregate-definition.js'
export { AggregateRoot } from './aggregate/aggregate-root.js'
export type { AggregateClass } from './aggregate/class-definition.js'
export type { EventOptions } from './aggregate/declarations.js'
export type { EventClass } from './aggregate/event-class.js'
export { Aggregate, Applies, DomainEvent, Records } from './aggregate/decorators.js'
export type { AggregateClassOptions, RecordsOptions } from './aggregate/decorators.js'
export {
  defineAggregate,
  FunctionalAggregate,
  FunctionalAggregateType,
} from './aggregate/functional-aggregate.js'
export type { AggregateFunctions } from './aggregate/functional-aggregate.js'
export type { KeepsEvents } from './aggregate/kept-events.js'
export { withMetadata } from './aggregate/metadata-scope.js'
export type { CommitOutcome } from './commit/commit-all.js'
export type { CommitListener } from './commit/commit-listeners.js'
export type { RetryPolicy } from './commit/retry-on-conflict.js'
export {
  AggregateNotFoundError,
  ConcurrentWriteError,
  DuplicateMessageError,
  DuplicateOutboxMessageError,
  DuplicateStreamError,
  FeedStalledError,
  InvalidArgumentError,
  InvalidPayloadError,
  InvalidStreamIdentityError,
  LockTimeoutError,
  OutboxClaimError,
  ReadModelConflictError,
  ReadModelNotFoundError,
  ReadModelPlanError,
  ReplayError,
  SchemaError,
  SourcedError,
  StorageError,
  UnsupportedCodecError,
  UpcastError,
} from './errors/index.js'
export type { RowKey, WriteOutcome } from './errors/index.js'
export { EventStore } from './event-store.js'
export type { HandleOutcome } from './handle-once.js'
export type { LockOptions } from './locks/lock-options.js'
export type { LockedWork } from './locks/locks.js'
export type {
  Commit,
  CommittedStream,
  Metadata,
  NewEvent,
  RecordedEvent,
  StreamAppend,
} from './model/event.js'
export type { ExpectedVersion } from './model/expected-version.js'
export type { MessageSource, NewOutboxMessage, ProcessedMark, ProcessedMessage } from './model/message.js'
export type { StreamIdentity } from './model/stream-identity.js'
export { openSqlite } from './open-sqlite.js'
export type { OpenSqliteOptions } from './open-sqlite.js'
export type { EventStoreOptions, Warning } from './options.js'
export type { LoadOptions } from './reading/load-aggregates.js'
export { Outbox } from './outbox.js'
export type { ClaimOptions, OutboxClaim, OutboxMessage } from './outbox.js'
export { OutboxRelay } from './outbox-relay.js'
export type { OutboxRelayOptions, RelayedStore } from './outbox-relay.js'
export type { OutboxRetry } from './outbox-retry.js'
export { defineProjection, isProjection, On, project, Projection } from './read-model/projection.js'
export type { ProjectionHandler } from './read-model/projection.js'
export { ReadModelRows } from './read-model/read-model-rows.js'
export type { FindRowOptions, RowExpectation } from './read-model/read-model-rows.js'
export type { KeyOf, RowOf } from './read-model/row-types.js'
export type { ReadAllOptions } from './reading/read-all.js'
export type { ReadStreamOptions } from './reading/read-stream.js'
export type {
  ColumnFilter,
  EventColumns,
  EventColumnSources,
  EventSource,
  OutboxColumnSources,
  OutboxSource,
  SnapshotColumnSources,
  SnapshotSource,
  WithColumns,
} from './runner/column-sources.js'
export type { Host } from './runner/host.js'
export type { BytesCodec, Codec, CodecContext, JsonCodec } from './serialization/codec.js'
export type { Upcaster } from './serialization/upcaster-chain.js'
export type { OutboxCounts } from './sql/outbox-statements.js'
export { UnitOfWork } from './unit-of-work.js'
export type { UnitOfWorkOptions, UnitOfWorkResult } from './unit-of-work.js'
