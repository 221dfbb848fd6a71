/** A stream of the old table: a class's name and an id. */
export interface SourcedStream {
  readonly entityType: string
  readonly id: string
}

/**
 * What was found in the old table, or in the new one, that is not as it should be.
 *
 * - `'gap'`: versions are missing, at the beginning or in between.
 * - `'duplicate-version'`: several events have one version, because two writers committed at the same time. The old
 *   package applied both when it replayed all events, and only one of them after a snapshot.
 * - `'lost-events'`: a snapshot is of a later version than the last event.
 * - `'unstorable'`: an identity, name, payload or time that the new table does not take, or a mapping that failed.
 * - `'different'`: the new stream has another event at this place. Somebody else wrote it, or the mapping has changed.
 * - `'clock-went-back'`: an event is older than the one before it. It is imported, with the time of the one before.
 * - `'missing'`: after the import, events are not in the new table.
 * - `'check-failed'`: your check of an imported stream threw, or gave `false`.
 */
export type ImportAnomalyKind =
  | 'gap'
  | 'duplicate-version'
  | 'lost-events'
  | 'unstorable'
  | 'different'
  | 'clock-went-back'
  | 'missing'
  | 'check-failed'

/** One anomaly, with the stream it was found in. */
export interface ImportAnomaly extends SourcedStream {
  readonly kind: ImportAnomalyKind
  /** The versions it is about, as the old table has them: the first ten, if they can be told. */
  readonly versions: readonly number[]
  readonly message: string
  readonly cause?: unknown
}

/** What an import found and did. */
export interface ImportReport {
  /** Streams of the old table that are to be imported. */
  readonly streams: number
  /** Events of these streams. */
  readonly events: number
  /** Events that this run wrote. */
  readonly imported: number
  /** Events that were in the new table before, by an earlier run. */
  readonly alreadyThere: number
  /** Streams that were left out: by your options, or because they are irregular. */
  readonly streamsLeftOut: number
  /** Snapshots of the old table that became no event. */
  readonly snapshotsDropped: number
  /** Streams that went on in the new table: they have more events there. */
  readonly streamsContinued: number
  /** How many anomalies of each kind were found. */
  readonly counts: Readonly<Partial<Record<ImportAnomalyKind, number>>>
  /** The first 1,000 anomalies; `onAnomaly` is told of all. */
  readonly anomalies: readonly ImportAnomaly[]
}

/** How far an import is. */
export interface ImportProgress {
  /**
   * `'inspect'` looks at streams and events and writes nothing, `'copy'` writes, `'verify'` compares every event,
   * `'check'` counts and has your check look at every stream.
   */
  readonly phase: 'inspect' | 'copy' | 'verify' | 'check'
  /** Events that this phase has dealt with; streams in the phase `'check'`. */
  readonly done: number
  readonly total: number
  /** Events that this run has written and committed so far. */
  readonly imported: number
}

const MOST_KEPT = 1_000

/** Collects what an import finds, in constant memory. */
export class ImportNotes {
  streams = 0
  events = 0
  imported = 0
  alreadyThere = 0
  streamsLeftOut = 0
  snapshotsDropped = 0
  streamsContinued = 0
  private readonly counts = new Map<ImportAnomalyKind, number>()
  private readonly kept: ImportAnomaly[] = []

  constructor(private readonly onAnomaly: ((anomaly: ImportAnomaly) => void) | undefined) {}

  /** Whether another anomaly would be kept: finding out its details costs queries. */
  get hasRoom(): boolean {
    return this.kept.length < MOST_KEPT || this.onAnomaly !== undefined
  }

  add(anomaly: ImportAnomaly): void {
    this.counts.set(anomaly.kind, this.countOf(anomaly.kind) + 1)
    if (this.kept.length < MOST_KEPT) this.kept.push(anomaly)
    this.onAnomaly?.(anomaly)
  }

  countOf(...kinds: readonly ImportAnomalyKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.counts.get(kind) ?? 0), 0)
  }

  report(): ImportReport {
    const { streams, events, imported, alreadyThere, streamsLeftOut, snapshotsDropped, streamsContinued } =
      this
    return {
      streams,
      events,
      imported,
      alreadyThere,
      streamsLeftOut,
      snapshotsDropped,
      streamsContinued,
      counts: Object.fromEntries(this.counts),
      anomalies: [...this.kept],
    }
  }
}
