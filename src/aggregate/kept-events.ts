import { InvalidArgumentError } from '../errors/index.js'
import type { Metadata, NewEvent } from '../model/event.js'
import { copyPayload, copyPlain } from './copy-plain.js'
import { declaredEvent } from './declarations.js'

/** An aggregate root of another library, which keeps the events it has applied itself; `@nestjs/cqrs` has one. */
export interface KeepsEvents {
  /** Whether events are published as they are applied, and not kept at all. */
  readonly autoCommit?: boolean
  apply(event: object, options: { readonly skipHandler: true }): void
  getUncommittedEvents(): readonly object[]
  loadFromHistory(events: readonly object[]): void
  uncommit(): void
}

const METHODS = ['apply', 'getUncommittedEvents', 'loadFromHistory', 'uncommit'] as const

export function keepsEvents(aggregate: object): aggregate is KeepsEvents {
  return METHODS.every((method) => typeof (aggregate as Record<string, unknown>)[method] === 'function')
}

/** The pending events of an aggregate that keeps them itself. */
export class KeptEvents {
  private listed: readonly NewEvent[] = []
  private readonly objects = new WeakMap<NewEvent, object>()

  constructor(private readonly aggregate: KeepsEvents) {}

  get count(): number {
    return this.aggregate.getUncommittedEvents().length
  }

  /** The events as they are to be stored: copies, because the aggregate's list is emptied whenever its host likes. */
  list(metadata: Metadata): readonly NewEvent[] {
    if (this.aggregate.autoCommit === true) throw autoCommits(this.aggregate)
    this.listed = this.aggregate.getUncommittedEvents().map((object) => {
      const event = this.toNewEvent(object, metadata)
      this.objects.set(event, object)
      return event
    })
    return this.listed
  }

  /** The first `count` of the events listed last are stored now; the aggregate may have applied more since. */
  remove(count: number): readonly NewEvent[] {
    const stored = this.listed.slice(0, count)
    const objects = new Set(stored.map((event) => this.objects.get(event)))
    this.keep(this.aggregate.getUncommittedEvents().filter((object) => !objects.has(object)))
    return stored
  }

  /** Gives back what `remove` took: it is not stored after all. */
  restore(events: readonly NewEvent[]): void {
    const objects = events.map((event) => this.objects.get(event)!)
    this.keep([...objects, ...this.aggregate.getUncommittedEvents()])
  }

  private keep(objects: readonly object[]): void {
    this.aggregate.uncommit()
    for (const object of objects) this.aggregate.apply(object, { skipHandler: true })
  }

  private toNewEvent(object: object, metadata: Metadata): NewEvent {
    const declared = declaredEvent(object.constructor)
    if (declared === undefined) {
      throw new InvalidArgumentError(
        `${object.constructor.name} is not an event that can be stored: it has no @DomainEvent('name'). Its name is stored, so it ` +
          `is never taken from the class. Nothing was written.`,
      )
    }
    const { name, version } = declared
    const payload = copyPayload(object)
    return {
      name,
      version,
      payload,
      ...(Object.keys(metadata).length > 0 ? { metadata: copyPlain(metadata) } : {}),
    }
  }
}

export function autoCommits(aggregate: object): InvalidArgumentError {
  return new InvalidArgumentError(
    `${aggregate.constructor.name} has autoCommit set, so it publishes its events and keeps none that could be stored. Remove ` +
      `autoCommit; events are published after they were committed.`,
  )
}
