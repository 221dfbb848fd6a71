import { InvalidArgumentError, UpcastError } from '../errors/index.js'
import { problemWithName } from '../model/stream-identity.js'

/** One step from an event version's payload to the next; pure. */
export interface Upcaster {
  readonly from: { readonly name: string; readonly version: number }
  /** The same name with the next version, or a new name. */
  readonly to: { readonly name: string; readonly version: number }
  upcast(payload: unknown): unknown
}

/** What an upcaster works on: an event's name, version and decoded payload. */
interface Versioned {
  readonly name: string
  readonly version: number
  readonly payload: unknown
}

/**
 * The upcasters of one store. They run one after the other, 1 → 2 → 3, wherever stored events are read: on
 * replay, on the tail after a snapshot and on the feed. Gaps, duplicates and cycles are refused here.
 */
export class UpcasterChain {
  private readonly steps = new Map<string, Upcaster>()

  constructor(upcasters: readonly Upcaster[]) {
    for (const step of upcasters) this.add(step)
    for (const step of upcasters) this.assertEnds(step)
    this.assertNoGaps()
  }

  /** The version that upcasting brings this event to; `undefined` if no upcaster leads to it. */
  newestVersionOf(name: string): number | undefined {
    const versions = [...this.steps.values()].filter(({ to }) => to.name === name).map(({ to }) => to.version)
    return versions.length === 0 ? undefined : Math.max(...versions)
  }

  /** Whether events of this version are turned into something else when they are read. */
  leadsOn(name: string, version: number): boolean {
    return this.next({ name, version }) !== undefined
  }

  /** The names under which events that are read as `name` may be stored. */
  storedNamesOf(name: string): string[] {
    const names = new Set([name])
    for (const known of names) {
      for (const { from, to } of this.steps.values()) if (to.name === known) names.add(from.name)
    }
    return [...names]
  }

  upcast(event: Versioned): Versioned {
    let current = event
    for (let step = this.next(current); step !== undefined; step = this.next(current)) {
      current = { ...step.to, payload: run(step, current.payload) }
    }
    return current
  }

  private next({ name, version }: { readonly name: string; readonly version: number }): Upcaster | undefined {
    return this.steps.size === 0 ? undefined : this.steps.get(keyOf(name, version))
  }

  private add(step: Upcaster): void {
    const { from, to } = step
    assertVersion(from)
    assertVersion(to)
    const key = keyOf(from.name, from.version)
    if (this.steps.has(key)) throw new UpcastError(from.name, from.version, 'is registered twice.')
    if (from.name === to.name && to.version !== from.version + 1) {
      throw new UpcastError(
        from.name,
        from.version,
        `leads to version ${to.version}; the next is ${from.version + 1}.`,
      )
    }
    this.steps.set(key, step)
  }

  private assertEnds(first: Upcaster): void {
    const seen = new Set<string>()
    for (let step: Upcaster | undefined = first; step !== undefined; step = this.next(step.to)) {
      const key = keyOf(step.from.name, step.from.version)
      if (seen.has(key)) throw new UpcastError(first.from.name, first.from.version, 'leads back to itself.')
      seen.add(key)
    }
  }

  /** Between the oldest and the newest known version of a name, every version has to lead on. */
  private assertNoGaps(): void {
    const known = [...this.steps.values()].flatMap(({ from, to }) => [from, to])
    for (const name of new Set(known.map((event) => event.name))) {
      const numbers = known.filter((event) => event.name === name).map(({ version }) => version)
      for (let version = Math.min(...numbers); version < Math.max(...numbers); version++) {
        if (!this.leadsOn(name, version)) {
          throw new UpcastError(name, version, 'is missing, so events of that version would get stuck there.')
        }
      }
    }
  }
}

function assertVersion({ name, version }: Upcaster['from']): void {
  const problem = problemWithName(name)
  if (problem !== undefined) throw new InvalidArgumentError(`The event name of an upcaster ${problem}.`)
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new UpcastError(name, version, 'has an impossible version; versions are 1, 2, 3 …')
  }
}

function run(step: Upcaster, payload: unknown): unknown {
  try {
    return step.upcast(payload)
  } catch (cause) {
    throw new UpcastError(step.from.name, step.from.version, 'failed; its cause says how.', { cause })
  }
}

function keyOf(name: string, version: number): string {
  return `${version} ${name}`
}
