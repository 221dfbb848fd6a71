import { InvalidArgumentError } from '../errors/index.js'
import type { Metadata, NewEvent } from '../model/event.js'
import type { AggregateDefinition } from './aggregate-definition.js'
import { copyPlain } from './copy-plain.js'
import { keepsEvents, KeptEvents } from './kept-events.js'
import { currentMetadata } from './metadata-scope.js'

/** What the module keeps of one aggregate instance: who it is, what is committed and what is not yet. */
export class Journal {
  aggregateId: string | undefined
  /** How its kind of aggregate works; unknown until a repository has made or loaded it. */
  definition: AggregateDefinition<object> | undefined
  committedVersion = 0
  /** The version of the newest snapshot known to be stored; 0 for none. */
  snapshotVersion = 0
  private recorded: NewEvent[] = []
  private carried: Metadata = {}
  private depth = 0
  private replayed: string | undefined

  /** `kept`: the events of an aggregate that keeps them itself, instead of recording them here. */
  constructor(private readonly kept?: KeptEvents) {}

  get pending(): readonly NewEvent[] {
    return this.kept?.list({ ...currentMetadata(), ...this.carried }) ?? this.recorded
  }

  get version(): number {
    return this.committedVersion + (this.kept?.count ?? this.recorded.length)
  }

  /** Whether an event is being applied, so that what it calls must not record anything of its own. */
  get applying(): boolean {
    return this.depth > 0
  }

  identify<A extends object>(aggregateId: string, definition: AggregateDefinition<A>): void {
    this.aggregateId = aggregateId
    this.definition = definition
  }

  carry(metadata: Metadata): void {
    this.carried = { ...this.carried, ...metadata }
  }

  /** Takes the event over: its payload must be the module's own copy. */
  record(event: NewEvent): void {
    const metadata = { ...currentMetadata(), ...this.carried, ...event.metadata }
    this.recorded.push({
      ...event,
      ...(Object.keys(metadata).length > 0 ? { metadata: copyPlain(metadata) } : {}),
    })
  }

  /** Runs the method of a stored event: it runs as it is, without asking its guard, and records nothing. */
  replay<Result>(name: string, work: () => Result): Result {
    this.replayed = name
    try {
      return this.applyWith(work)
    } finally {
      this.replayed = undefined
    }
  }

  /** Whether the method of this event is called because it is replayed; true once. */
  takeReplay(name: string): boolean {
    if (this.replayed !== name) return false
    this.replayed = undefined
    return true
  }

  /** Runs what an event does to the state. */
  applyWith<Result>(work: () => Result): Result {
    this.depth += 1
    try {
      return work()
    } finally {
      this.depth -= 1
    }
  }

  /** The first `count` pending events are stored now. */
  markCommitted(count: number): readonly NewEvent[] {
    this.committedVersion += count
    return this.kept?.remove(count) ?? this.recorded.splice(0, count)
  }

  /** Takes back `markCommitted`: the host's transaction was rolled back. */
  markRolledBack(events: readonly NewEvent[], snapshotVersion: number): void {
    this.committedVersion -= events.length
    this.snapshotVersion = snapshotVersion
    if (this.kept === undefined) this.recorded.unshift(...events)
    else this.kept.restore(events)
  }
}

const journals = new WeakMap<object, Journal>()

/** The journal of an aggregate instance; a new one for an instance not seen before. */
export function journalOf(aggregate: object): Journal {
  let journal = journals.get(aggregate)
  if (journal === undefined) {
    journal = new Journal(keepsEvents(aggregate) ? new KeptEvents(aggregate) : undefined)
    journals.set(aggregate, journal)
  }
  return journal
}

/** The instance's id; an instance made with `new` has none. */
export function requireAggregateId(aggregate: object): string {
  const { aggregateId } = journalOf(aggregate)
  if (aggregateId === undefined) {
    throw new InvalidArgumentError(
      `This ${aggregate.constructor.name} has no id, because it was made with 'new'. Make it with repository.create(id).`,
    )
  }
  return aggregateId
}
