import type { Metadata, NewEvent } from '../model/event.js'
import { copyPlain } from './copy-plain.js'
import { journalOf, requireAggregateId } from './journal.js'

/** What every aggregate tells of itself, whichever way it is written. */
export abstract class Journaled {
  /** The id under which the repository made or loaded it. */
  get aggregateId(): string {
    return requireAggregateId(this)
  }

  /** The version with the events that are not committed yet. */
  get version(): number {
    return journalOf(this).version
  }

  /** The version that this instance knows to be stored; 0 for a new aggregate. */
  get committedVersion(): number {
    return journalOf(this).committedVersion
  }

  /** The events recorded since, in order; empty after a commit. */
  get pendingEvents(): readonly NewEvent[] {
    return copyPlain(journalOf(this).pending)
  }

  /** Adds metadata to every event that this instance records from now on. */
  carry(metadata: Metadata): this {
    journalOf(this).carry(metadata)
    return this
  }
}
