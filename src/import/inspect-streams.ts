import type { SourceStream } from '../sql/sourced-repo/read-source.js'
import type { ImportAnomalyKind, ImportNotes, SourcedStream } from './import-report.js'
import type { ImportSource } from './import-source.js'

/** How many events the stream becomes: its own, and the snapshot that it may begin with. */
export function lengthOf({ events, headVersion }: SourceStream): number {
  return events + (headVersion > 0 ? 1 : 0)
}

/** Whether the stream's versions are without gaps and doubles, and reach as far as its snapshots do. */
export function isRegular(stream: SourceStream): boolean {
  return irregularities(stream).length === 0
}

/** Notes what is irregular about a stream, with the versions as long as anybody listens. */
export async function noteIrregularities(
  stream: SourceStream,
  source: ImportSource,
  notes: ImportNotes,
): Promise<void> {
  const { entityType, id } = stream
  for (const kind of irregularities(stream)) {
    const versions = notes.hasRoom ? await versionsOf(kind, stream, source) : []
    notes.add({ kind, entityType, id, versions, message: describe(kind, stream, versions) })
  }
}

function irregularities(stream: SourceStream): ImportAnomalyKind[] {
  const { events, versions, firstVersion, lastVersion, headVersion, snapshotVersion } = stream
  const kinds: ImportAnomalyKind[] = []
  if (events > 0 && (firstVersion !== headVersion + 1 || lastVersion !== headVersion + versions))
    kinds.push('gap')
  if (events !== versions) kinds.push('duplicate-version')
  if (snapshotVersion > Math.max(lastVersion, headVersion)) kinds.push('lost-events')
  return kinds
}

function versionsOf(
  kind: ImportAnomalyKind,
  stream: SourceStream,
  source: ImportSource,
): Promise<readonly number[]> {
  if (kind === 'gap') return source.missingVersions(stream)
  if (kind === 'duplicate-version') return source.repeatedVersions(stream)
  return Promise.resolve([stream.lastVersion + 1])
}

function describe(kind: ImportAnomalyKind, stream: SourceStream, versions: readonly number[]): string {
  const name = nameOf(stream)
  const { events, lastVersion, snapshotVersion } = stream
  const listed = versions.length === 0 ? '' : ` (from version ${versions.join(', ')})`
  if (kind === 'gap')
    return `${name} has a gap${listed}: ${events} events, the last of version ${lastVersion}.`
  if (kind === 'duplicate-version')
    return `${name} has versions with several events${listed.replace('from ', '')}: two writers stored them at the same time.`
  return `${name} has a snapshot of version ${snapshotVersion}, its last event is of version ${lastVersion}.`
}

export function nameOf({ entityType, id }: SourcedStream): string {
  return `${entityType} '${id}'`
}
