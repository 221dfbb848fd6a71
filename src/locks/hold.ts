import { KeyedLocks } from '../runner/keyed-locks.js'

/** Locks that some work holds: what code inside of that work finds when it asks for them again. */
export class Hold {
  /** Who asks again inside the work takes turns with the others who do so, and not with the work itself. */
  readonly turns = new KeyedLocks()
  /** False once the work has ended: code that it left behind holds nothing any more. */
  active = true

  constructor(
    private readonly keys: readonly string[],
    /** Whether other processes are kept out too. */
    private readonly leased: boolean,
    /** Aborted when the locks may belong to somebody else. */
    readonly signal: AbortSignal,
    private outer: Hold | undefined,
  ) {}

  /** The innermost work, this or around it, that still holds locks. */
  static active(hold: Hold | undefined): Hold | undefined {
    let active = hold
    while (active?.active === false) active = active.outer
    // Code that always runs inside of work that has ended must not remember all of it.
    if (active !== undefined) active.outer = Hold.active(active.outer)
    return active
  }

  /** The innermost work, this or around it, that holds this lock. */
  static of(key: string, hold: Hold | undefined): Hold | undefined {
    return Hold.find(hold, ({ keys }) => keys.includes(key))
  }

  /** Whether some work, this or around it, keeps other processes away from this key. */
  static isLeased(key: string, hold: Hold | undefined): boolean {
    return Hold.find(hold, ({ keys, leased }) => leased && keys.includes(key)) !== undefined
  }

  private static find(hold: Hold | undefined, matches: (hold: Hold) => boolean): Hold | undefined {
    let found = Hold.active(hold)
    while (found !== undefined && !matches(found)) found = Hold.active(found.outer)
    return found
  }
}
