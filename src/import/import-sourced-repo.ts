import type { AggregateEventRow } from '../runner/column-sources.js'
import type { SourceClass, SourceEvent, SourceStream } from '../sql/sourced-repo/read-source.js'
import { EventMapping } from './event-mapping.js'
import { ImportRefusedError, ImportVerificationError, messageOf } from './import-errors.js'
import { resolveImport } from './import-options.js'
import type { ImportOptions, ResolvedImport } from './import-options.js'
import { ImportNotes } from './import-report.js'
import type { ImportProgress, ImportReport } from './import-report.js'
import { ImportSource } from './import-source.js'
import { ImportTarget } from './import-target.js'
import { isRegular, lengthOf, nameOf, noteIrregularities } from './inspect-streams.js'
import { overlap } from './overlap.js'
import { placeOf } from './plan-batch.js'
import type { PlacedEvent } from './plan-batch.js'

/**
 * Copies the events of the npm package sourced-repo-typeorm into the tables of this module.
 *
 * - Looks at everything first. What cannot be imported as it is makes it throw `ImportRefusedError`, and nothing
 *   is written.
 * - Keeps the order: of the events of a stream by version, of all streams together by time. `recordedAt` is the time of the
 *   old event.
 * - Compares every event after the copy, counts those of every stream and has your `check` look at it; throws
 *   `ImportVerificationError` if something differs.
 * - Can be run again: after an interruption it goes on, and later it takes over what was added since.
 * - Needs the same memory for ten events and for ten million.
 *
 * Also throws `InvalidArgumentError` for options that make no sense, `SchemaError` if the new tables do not fit, and
 * `StorageError` if a database fails; then run it again.
 *
 * @example
 * const report = await importSourcedRepo({
 *   source, // a DataSource for the database with the table "event"
 *   target, // the DataSource with the tables of this module
 *   aggregates: { Account: { type: 'account', events: { deposit: 'money-deposited' } } },
 *   check: async ({ aggregateId, snapshot }) => (await accounts.load(aggregateId))?.balance === …,
 * })
 */
export async function importSourcedRepo<Event extends object = AggregateEventRow>(
  options: ImportOptions<Event>,
): Promise<ImportReport> {
  const resolved = resolveImport(options)
  const target = await ImportTarget.open(resolved)
  return ImportSource.reading(resolved, async (source) => {
    const classes = await source.classes()
    const mapping = new EventMapping(resolved)
    mapping.assertClasses(classes)
    return new Import(resolved, source, target, mapping, classes).run()
  })
}

/** One run over one fixed state of the old table. */
class Import {
  private readonly notes: ImportNotes
  private total = 0

  constructor(
    private readonly options: ResolvedImport,
    private readonly source: ImportSource,
    private readonly target: ImportTarget,
    private readonly mapping: EventMapping,
    classes: readonly SourceClass[],
  ) {
    this.notes = new ImportNotes(options.onAnomaly)
    this.notes.snapshotsDropped = classes.reduce((sum, { snapshots }) => sum + snapshots, 0)
  }

  async run(): Promise<ImportReport> {
    await this.inspectStreams()
    await this.eachBatch('inspect', (rows) => this.inspect(rows))
    if (this.options.dryRun) return this.notes.report()
    if (this.isRefused()) throw new ImportRefusedError(this.notes.report())
    await this.eachBatch('copy', (rows) => this.copy(rows))
    await this.eachBatch('verify', (rows) => this.verify(rows))
    await this.checkStreams()
    const report = this.notes.report()
    if (this.notes.countOf('different', 'missing', 'check-failed') > 0)
      throw new ImportVerificationError(report)
    return report
  }

  private isRefused(): boolean {
    const irregular = this.options.irregularStreams === 'refuse'
    return (
      this.notes.countOf('unstorable', 'different') > 0 ||
      (irregular && this.notes.countOf('gap', 'duplicate-version', 'lost-events') > 0)
    )
  }

  private async inspectStreams(): Promise<void> {
    for await (const streams of this.source.streams(false)) {
      for (const stream of streams) {
        this.total += lengthOf(stream)
        const included = this.mapping.includes(stream)
        if (included) await noteIrregularities(stream, this.source, this.notes)
        if (included && this.isTaken(isRegular(stream))) {
          this.notes.streams++
          this.notes.events += lengthOf(stream)
          if (stream.headVersion > 0) this.notes.snapshotsDropped--
        } else this.notes.streamsLeftOut++
      }
    }
  }

  private isTaken(regular: boolean): boolean {
    return regular || this.options.irregularStreams === 'renumber'
  }

  private async eachBatch(
    phase: ImportProgress['phase'],
    work: (rows: readonly SourceEvent[]) => Promise<void>,
  ): Promise<void> {
    let done = 0
    await overlap(this.source.events(), async (rows) => {
      await work(rows.filter((row) => this.isTaken(row.regular) && this.mapping.includes(row)))
      done += rows.length
      this.tell(phase, done, this.total)
    })
  }

  private tell(phase: ImportProgress['phase'], done: number, total: number): void {
    this.options.onProgress?.({ phase, done, total, imported: this.notes.imported })
  }

  private async inspect(rows: readonly SourceEvent[]): Promise<void> {
    const mapped: PlacedEvent[] = []
    for (const row of rows) {
      if (row.time !== row.timestamp)
        this.note('clock-went-back', row, 'is older than an event before it, and gets the time of that one')
      try {
        mapped.push(this.encode(row))
      } catch (cause) {
        this.note('unstorable', row, `cannot be stored: ${messageOf(cause)}`, cause)
      }
    }
    this.notes.alreadyThere += await this.compare(rows, mapped)
  }

  private async copy(rows: readonly SourceEvent[]): Promise<void> {
    if (rows.length === 0) return
    const batch = this.target.prepare(rows.map((row) => this.encode(row)))
    const { imported } = await this.target.write(batch)
    this.notes.imported += imported
  }

  private async verify(rows: readonly SourceEvent[]): Promise<void> {
    await this.compare(
      rows,
      rows.map((row) => this.encode(row)),
    )
  }

  private encode(row: SourceEvent): PlacedEvent {
    return { ...this.target.encode(this.mapping.map(row)), sequence: row.sequence }
  }

  /** Notes events that differ from those in the new table; gives how many are there and the same. */
  private async compare(rows: readonly SourceEvent[], mapped: readonly PlacedEvent[]): Promise<number> {
    const found = await this.target.find(mapped)
    const byPlace = new Map(rows.map((row) => [placeOf({ ...this.mapping.streamOf(row), ...row }), row]))
    let same = 0
    for (const row of mapped) {
      const stored = found.get(placeOf(row))
      if (stored === undefined) continue
      if (this.target.isSame(row, stored)) same++
      else
        this.note(
          'different',
          byPlace.get(placeOf(row))!,
          `would become '${row.name}' at sequence ${row.sequence}, where the new table has another event ('${stored.name}')`,
        )
    }
    return same
  }

  private note(
    kind: 'clock-went-back' | 'unstorable' | 'different',
    row: SourceEvent,
    what: string,
    cause?: unknown,
  ): void {
    const { entityType, id, version } = row
    const message = `Event '${row.method}' of version ${version} of ${nameOf(row)} ${what}.`
    this.notes.add({ kind, entityType, id, versions: [version], message, cause })
  }

  private async checkStreams(): Promise<void> {
    let done = 0
    for await (const batch of this.source.streams(this.options.check !== undefined)) {
      const streams = batch.filter(
        (stream) => this.mapping.includes(stream) && this.isTaken(isRegular(stream)),
      )
      const counts = await this.target.count(streams.map((stream) => this.mapping.streamOf(stream)))
      for (const [nth, stream] of streams.entries()) await this.checkStream(stream, counts[nth]!)
      done += batch.length
      this.tell('check', done, this.notes.streams + this.notes.streamsLeftOut)
    }
  }

  private async checkStream(stream: SourceStream, count: number): Promise<void> {
    const { entityType, id } = stream
    const events = lengthOf(stream)
    if (count > events) this.notes.streamsContinued++
    if (count < events) {
      const message = `${nameOf(stream)} has ${events} events, the new table ${count} of them.`
      this.notes.add({ kind: 'missing', entityType, id, versions: [], message })
    }
    const cause = await this.failureOf(stream)
    if (cause === undefined) return
    const message = `${nameOf(stream)} did not pass your check: ${messageOf(cause)}.`
    this.notes.add({ kind: 'check-failed', entityType, id, versions: [], message, cause })
  }

  /** What the host's check says against a stream; `undefined` if nothing. */
  private async failureOf(stream: SourceStream): Promise<unknown> {
    const { entityType, id, snapshot, snapshotVersion } = stream
    const version = lengthOf(stream)
    if (this.options.check === undefined || version === 0) return undefined
    try {
      const passed = await this.options.check({
        ...this.mapping.streamOf(stream),
        version,
        source: { entityType, id },
        snapshot:
          snapshot === undefined ? undefined : { version: snapshotVersion, state: JSON.parse(snapshot) },
      })
      return passed === false ? new Error('it gave false') : undefined
    } catch (error) {
      return error ?? new Error('it threw nothing')
    }
  }
}
