import { InvalidArgumentError } from '../errors/index.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { SourceClass, SourceEvent } from '../sql/sourced-repo/read-source.js'
import type { EventToImport } from './encode-event.js'
import type {
  MappedClass,
  MappedEvent,
  ResolvedImport,
  SourcedEvent,
  SourcedSnapshot,
} from './import-options.js'
import type { SourcedStream } from './import-report.js'

/** What old classes, events and streams become. */
export class EventMapping {
  constructor(private readonly options: ResolvedImport) {}

  /** Refuses names of classes that do not occur, and two classes that would share a type. */
  assertClasses(found: readonly SourceClass[]): void {
    const names = found.map(({ entityType }) => entityType)
    const unknown = [...this.options.classes.keys()].filter((name) => !names.includes(name))
    if (unknown.length > 0) {
      throw new InvalidArgumentError(
        `aggregates names ${unknown.join(', ')}, which the old table does not have. It has: ${names.join(', ')}.`,
      )
    }
    const byType = new Map<string, string>()
    for (const name of names.filter((each) => this.classOf(each) !== false)) {
      const { aggregateType } = this.streamOf({ entityType: name, id: 'any' })
      const other = byType.get(aggregateType)
      if (other !== undefined) {
        throw new InvalidArgumentError(
          `The classes ${other} and ${name} would both become '${aggregateType}', and their streams one. Give each a type.`,
        )
      }
      byType.set(aggregateType, name)
    }
  }

  includes({ entityType, id }: SourcedStream): boolean {
    return this.classOf(entityType) !== false && this.options.include?.({ entityType, id }) !== false
  }

  streamOf({ entityType, id }: SourcedStream): StreamIdentity {
    const mapped = this.classOf(entityType)
    return { aggregateType: (mapped === false ? undefined : mapped.type) ?? entityType, aggregateId: id }
  }

  map(row: SourceEvent): EventToImport {
    const { entityType, id, method, version, timestamp } = row
    const data: unknown = JSON.parse(row.data)
    const mapped = row.snapshot
      ? this.convertedSnapshot({ entityType, id, version, timestamp, state: data })
      : this.mappedEvent({ entityType, id, method, version, timestamp, data })
    return {
      ...this.streamOf(row),
      sequence: row.sequence,
      recordedAt: new Date(row.time),
      name: mapped.name ?? method,
      payload: 'payload' in mapped ? mapped.payload : data,
      metadata: { ...mapped.metadata, ...originOf(row) },
      ...(mapped.version === undefined ? {} : { version: mapped.version }),
    }
  }

  private classOf(entityType: string): MappedClass | false {
    return this.options.classes.get(entityType) ?? {}
  }

  private convertedSnapshot(snapshot: SourcedSnapshot): MappedEvent {
    const result = this.options.convertSnapshot?.(snapshot) as MappedEvent | undefined
    if (typeof result?.name === 'string') return result
    throw new InvalidArgumentError('convertSnapshot gave no event with a name.')
  }

  private mappedEvent(event: SourcedEvent): MappedEvent {
    const mapped = this.classOf(event.entityType)
    const events = mapped === false ? undefined : mapped.events
    const rule =
      events !== undefined && Object.hasOwn(events, event.method) ? events[event.method] : undefined
    if (typeof rule !== 'function') return rule === undefined ? {} : { name: rule }
    const result: unknown = rule(event)
    if (typeof result === 'object' && result !== null) return result
    throw new InvalidArgumentError(`The mapping of '${event.method}' gave no event. Every event becomes one.`)
  }
}

/** What the new event cannot say by its sequence and time any more. */
function originOf({ version, sequence, timestamp, time }: SourceEvent): Readonly<Record<string, unknown>> {
  return {
    ...(version === sequence ? {} : { sourcedVersion: version }),
    ...(timestamp === time ? {} : { sourcedTimestamp: timestamp }),
  }
}
