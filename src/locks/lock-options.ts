import { InvalidArgumentError } from '../errors/index.js'

/** How to wait for a lock, and from whom it keeps the others away. */
export interface LockOptions {
  /**
   * Who is kept out: everybody else who uses this DataSource object, or every process that uses the database, by
   * leases in the table `aggregate_locks`.
   * @defaultValue 'process'
   */
  readonly across?: 'process' | 'processes'
  /** How long to wait, for all locks together. 0 asks once. @defaultValue 10000 */
  readonly timeoutMs?: number
  /**
   * Across processes: for how long the locks stay taken after a process died. They are renewed while work runs.
   * @defaultValue 30000
   */
  readonly leaseMs?: number
}

const DEFAULTS = { across: 'process', timeoutMs: 10_000, leaseMs: 30_000 } as const satisfies LockOptions

/** A shorter one would run out between two renewals whenever the database is busy. */
const MIN_LEASE_MS = 100

/** Node's timers fire at once when they are set for longer. */
const MAX_TIMER_MS = 2_147_483_647

/** Fills in defaults; refuses unknown options and what a lock cannot do. */
export function resolveLockOptions(options: LockOptions): Required<LockOptions> {
  const unknown = Object.keys(options).filter((option) => !Object.hasOwn(DEFAULTS, option))
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `withLock has no option '${unknown.join("', '")}'. It has: ${Object.keys(DEFAULTS).join(', ')}.`,
    )
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const resolved: Required<LockOptions> = { ...DEFAULTS, ...given }
  if (!['process', 'processes'].includes(resolved.across)) {
    throw new InvalidArgumentError(`across is '${resolved.across}'; it has to be 'process' or 'processes'.`)
  }
  assertBetween('timeoutMs', resolved.timeoutMs, 0)
  assertBetween('leaseMs', resolved.leaseMs, MIN_LEASE_MS)
  return resolved
}

function assertBetween(option: string, value: number, least: number): void {
  if (typeof value === 'number' && value >= least && value <= MAX_TIMER_MS) return
  throw new InvalidArgumentError(
    `${option} is ${String(value)}; it has to be a number of milliseconds from ${least} to ${MAX_TIMER_MS}.`,
  )
}
