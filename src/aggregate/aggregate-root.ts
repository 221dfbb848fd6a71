import { InvalidArgumentError } from '../errors/index.js'
import { classDefinition } from './class-definition.js'
import type { AggregateClass } from './class-definition.js'
import { copyPayload } from './copy-plain.js'
import { declaredEvent } from './declarations.js'
import type { EventClass } from './event-class.js'
import { journalOf } from './journal.js'
import { Journaled } from './journaled.js'

/**
 * The base of aggregate classes. Its own properties are the state: give them initial values, change them only
 * in sourced methods or in methods that apply events. Instances come from a repository.
 *
 * @example
 * @Aggregate('account')
 * class Account extends AggregateRoot {
 *   balance = 0
 *   @Records('money-deposited')
 *   deposit(e: { amount: number }): void { this.balance += e.amount }
 * }
 */
export abstract class AggregateRoot extends Journaled {
  /**
   * Applies an event to the state and records it. Decide first: what cannot happen must be refused before.
   * Throws `InvalidArgumentError` for an event that the aggregate does not declare.
   */
  protected record(event: object): void {
    const eventClass = event.constructor as EventClass | undefined
    const declared = eventClass && declaredEvent(eventClass)
    if (eventClass === undefined || declared === undefined) {
      throw new InvalidArgumentError(
        `${eventClass?.name ?? 'An object'} is not an event: it has no @DomainEvent('name').`,
      )
    }
    const definition = classDefinition(this.constructor as AggregateClass<this>)
    if (definition.eventClasses.get(declared.name) !== eventClass) {
      throw new InvalidArgumentError(
        `${this.constructor.name} does not declare the event ${eventClass.name}. ` +
          `Apply it with @Applies(${eventClass.name}), or list it in @Aggregate's option 'events'.`,
      )
    }
    const journal = journalOf(this)
    if (journal.applying) {
      throw new InvalidArgumentError(
        `'${declared.name}' was recorded while another event is applied. Record it after that one.`,
      )
    }
    const { name, version } = declared
    const payload = copyPayload(event)
    definition.apply(this, { name, version, payload: copyPayload(event) })
    journal.record({ name, version, payload })
  }
}
