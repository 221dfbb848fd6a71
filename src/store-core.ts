import type { DataSource } from 'typeorm'
import { DefinitionRegistry } from './aggregate/definition-registry.js'
import { CommitListeners } from './commit/commit-listeners.js'
import { CommitQueue } from './commit/commit-queue.js'
import { sendCommits } from './commit/send-commits.js'
import { Locks } from './locks/locks.js'
import { streamIdOf } from './model/stream-identity.js'
import type { StreamIdentity } from './model/stream-identity.js'
import type { ResolvedOptions, Warning } from './options.js'
import { Database } from './runner/database.js'
import { KeyedLocks } from './runner/keyed-locks.js'
import { Projections } from './read-model/projection.js'
import { CodecRegistry } from './serialization/codec-registry.js'
import { EventSerializer } from './serialization/event-serializer.js'
import { UpcasterChain } from './serialization/upcaster-chain.js'

/** What a store and its views inside host transactions share. */
export class StoreCore {
  readonly database: Database
  readonly serializer: EventSerializer
  readonly definitions: DefinitionRegistry
  readonly listeners: CommitListeners
  readonly locks: Locks
  /** Whose turn it is on streams for which callers of this process compete. */
  readonly turns = new KeyedLocks()
  readonly queue: CommitQueue | undefined
  private made: Projections | undefined

  constructor(
    private readonly dataSource: DataSource,
    private readonly options: ResolvedOptions,
  ) {
    const upcasters = new UpcasterChain(options.upcasters)
    this.serializer = new EventSerializer(new CodecRegistry(options.codecs), upcasters)
    if (typeof options.projections !== 'function') this.made = new Projections(options.projections)
    this.definitions = new DefinitionRegistry(upcasters, options.eventClasses)
    this.listeners = new CommitListeners((cause) =>
      this.warn({
        code: 'LISTENER_FAILED',
        message: 'A commit listener failed; the commit is stored.',
        cause,
      }),
    )
    this.database = new Database(dataSource, options)
    this.locks = new Locks(this.database)
    this.queue = options.coalesceCommits ? new CommitQueue(sendCommits(this.database), this.lanes) : undefined
  }

  /** SQLite has one writer; on Postgres one statement is prepared while another is under way. */
  private get lanes(): number {
    return this.database.dialect === 'sqlite' ? 1 : 2
  }

  /** Those of a container may exist later than the store, but before its first commit. */
  get projections(): Projections {
    const { projections } = this.options
    this.made ??= new Projections(typeof projections === 'function' ? projections() : projections)
    return this.made
  }

  readonly onIgnoredSnapshot = (stream: StreamIdentity, reason: string, cause?: unknown): void =>
    this.warn({
      code: 'SNAPSHOT_IGNORED',
      message: `The snapshot of ${streamIdOf(stream)} was ignored, and the aggregate replayed from its first event: ${reason}.`,
      cause,
    })

  readonly onLostSnapshot = (stream: StreamIdentity, cause: unknown): void =>
    this.warn({
      code: 'SNAPSHOT_NOT_STORED',
      message: `The snapshot of ${streamIdOf(stream)} that was due could not be encoded; its events are stored.`,
      cause,
    })

  private warn(warning: Warning): void {
    try {
      if (this.options.onWarning === undefined) this.dataSource.logger.log('warn', warning.message)
      else this.options.onWarning(warning)
    } catch {
      // What is warned of has failed nothing, and neither may the warning.
    }
  }
}
