import type { Metadata } from '../model/event.js'
import type {
  AppendOutcome,
  StoredEvent,
  StoredSnapshot,
  StreamChange,
  StreamCommit,
  TailEvent,
} from '../model/stored.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { InboxStatements } from './inbox-statements.js'
import type { LockStatements } from './lock-statements.js'
import type { OutboxStatements } from './outbox-statements.js'
import type { OwnFilter } from './own-columns.js'
import type { RowStatements } from './row-statements.js'
import type { Statement } from './statement.js'
import type { Tables } from './tables.js'

/** A page of one stream; both bounds are inclusive. */
export interface StreamPage extends StreamIdentity {
  readonly fromSequence: number
  readonly toSequence: number
  readonly direction: 'forward' | 'backward'
  readonly where: readonly OwnFilter[]
  readonly limit: number
}

/** A page of the global feed: after `after`, up to and including `upTo`. */
export interface FeedPage {
  readonly after: number
  readonly upTo: number
  readonly aggregateTypes: readonly string[] | undefined
  readonly eventNames: readonly string[] | undefined
  readonly metadata: Metadata | undefined
  readonly where: readonly OwnFilter[]
  readonly limit: number
}

/** Which streams of one type to load, from which kind of snapshot, up to which version. */
export interface StreamsToLoad {
  readonly aggregateType: string
  readonly aggregateIds: readonly string[]
  /** `undefined`: the aggregate has no snapshots. */
  readonly snapshotType: string | undefined
  readonly snapshotVersion: number | undefined
  readonly toVersion: number
  /** How many events after the snapshot to read at most, per stream. */
  readonly limit: number
}

/** One stream as loaded: its snapshot, whether the tail continues it, and the tail. */
export interface LoadedStream {
  readonly snapshot: StoredSnapshot | undefined
  readonly usable: boolean
  readonly events: readonly TailEvent[]
  /** Whether the tail ends with the stream, or with the version asked for. If not, the rest is to be read by pages. */
  readonly complete: boolean
}

/** An open transaction that appended events, seen from another connection. */
export interface FeedHolder {
  /** Identifies the transaction as long as it lives. */
  readonly transaction: string
  readonly session: number
  /** Every position it will ever write is greater. */
  readonly floor: number
}

/** How far the feed can be read at one moment. */
export interface FeedCeiling {
  /** The last position handed out to anyone. */
  readonly lastPosition: number
  readonly holders: readonly FeedHolder[]
}

/** `fixed`: a transaction sees the database as it was when it began. */
export type Isolation = 'fresh' | 'fixed'

/** Where an append takes place. */
export interface AppendPlace {
  /** Whether a host's transaction is open. */
  readonly isJoined: boolean
  /** What an earlier append of the same transaction published for the feed. */
  readonly floor: number | undefined
  /** Whether a refusal is an error of the database's. */
  readonly orFail: boolean
  /** Whether commits of others are in the same statement, so that it must not wait for a lock for long. */
  readonly isShared: boolean
}

/** In no transaction but the statement's own. */
export const ALONE: AppendPlace = { isJoined: false, floor: undefined, orFail: false, isShared: false }

/** Every statement of one dialect, compiled for one set of tables. */
export interface Statements {
  /** What they were compiled for. */
  readonly tables: Tables
  /** Checks every stream and inserts all events or none, in one statement. */
  append(commitId: string, changes: readonly StreamChange[], place: AppendPlace): Statement<AppendOutcome>
  /**
   * Appends several commits, each all or nothing by itself; no two may have a stream in common. Gives one outcome a commit.
   * Gives up soon when it has to wait for a lock. `orFail`: a refusal is an error of the database's.
   */
  appendCommits(commits: readonly StreamCommit[], orFail: boolean): Statement<readonly AppendOutcome[]>
  /** Has those that follow give up as soon; `undefined`: they never wait. */
  readonly impatience: Statement<void> | undefined
  streamVersions(streams: readonly StreamIdentity[]): Statement<readonly number[]>
  /** The version a stream had at a time: its last event recorded then or before. */
  versionAt(stream: StreamIdentity, time: Date): Statement<number>
  readStream(page: StreamPage): Statement<readonly StoredEvent[]>
  loadStreams(streams: StreamsToLoad): Statement<ReadonlyMap<string, LoadedStream>>
  /** `where`: conditions on the first event of a stream. */
  listStreams(
    aggregateType: string,
    after: string,
    where: readonly OwnFilter[],
    limit: number,
  ): Statement<readonly string[]>
  readAll(page: FeedPage): Statement<readonly StoredEvent[]>
  feedCeiling(): Statement<FeedCeiling>
  saveSnapshots(snapshots: readonly StoredSnapshot[]): Statement<void>
  /** Whether statements of the current transaction see what others commit meanwhile. */
  isolation(): Statement<Isolation>
  /** For commits that were not answered; an embedded database has none. */
  readonly lostCommits:
    | {
        underWay(): Statement<ReadonlySet<string>>
        find(commitId: string, streams: readonly StreamChange[]): Statement<AppendOutcome | undefined>
        transactionId(): Statement<string>
        transactionStatus(id: string): Statement<string | undefined>
        /** How many of these messages are in the outbox; `undefined` without one. */
        readonly findMessages: ((messageIds: readonly string[]) => Statement<number>) | undefined
      }
    | undefined
  /** `undefined`: the DataSource does not register the entity. */
  readonly inbox: InboxStatements | undefined
  readonly outbox: OutboxStatements | undefined
  readonly locks: LockStatements | undefined
  readonly rows: RowStatements
  /** Whether rows can be locked by reading them. An embedded database has one writer instead. */
  readonly canLockRows: boolean
  /** The name of the unique key over type, id and sequence, if a violation of it means that another writer was faster. */
  readonly streamKey: string | undefined
}
