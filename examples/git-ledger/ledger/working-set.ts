import type { AggregateRepository, AggregateRoot } from '../../../src/index.js'

const LOADED_AT_ONCE = 500

/** Aggregates that were used lately, so that a file which every commit touches is not loaded again and again. */
export class WorkingSet<A extends AggregateRoot> {
  private readonly aggregates = new Map<string, A>()

  constructor(
    private readonly repository: AggregateRepository<A>,
    private readonly limit: number,
  ) {}

  /** Loads what is not here yet of these ids, all in one round trip; forgets what was not used for long. */
  async prepare(ids: Iterable<string>): Promise<void> {
    const needed = new Set(ids)
    for (const id of this.aggregates.keys()) {
      if (this.aggregates.size <= this.limit) break
      if (!needed.has(id)) this.aggregates.delete(id)
    }
    const missing = [...needed].filter((id) => !this.aggregates.has(id))
    for (let from = 0; from < missing.length; from += LOADED_AT_ONCE) {
      for (const aggregate of await this.repository.loadMany(missing.slice(from, from + LOADED_AT_ONCE))) {
        this.aggregates.set(aggregate.aggregateId, aggregate)
      }
    }
  }

  /** A prepared aggregate; a new one if the store has none. */
  use(id: string): A {
    const aggregate = this.aggregates.get(id) ?? this.repository.create(id)
    // Deleted and set again, it moves to the end of those to forget.
    this.aggregates.delete(id)
    this.aggregates.set(id, aggregate)
    return aggregate
  }
}
