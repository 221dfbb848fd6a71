/** What a driver's error means, whichever driver and TypeORM version it came through. */
export type Fault =
  | { readonly kind: 'unique-violation'; readonly constraint: string | undefined }
  /** The gap guard refused an event whose predecessor is not there, or not yet. */
  | { readonly kind: 'gap' }
  /** Another transaction got in the way, and the database undid this one. */
  | { readonly kind: 'serialization' }
  /** A lock was not to be had in time. Nothing was written. */
  | { readonly kind: 'lock-timeout' }
  /** A prepared statement does not fit a changed table, or is gone. Nothing was run. */
  | { readonly kind: 'stale-statement' }
  /** SQLite: another process holds the file. Nothing was written. */
  | { readonly kind: 'busy' }
  /** An earlier error aborted the transaction, and somebody swallowed it. */
  | { readonly kind: 'aborted-transaction' }
  /** There is no savepoint of that name. */
  | { readonly kind: 'no-savepoint' }
  /** No connection, or it broke. Whether anything was written depends on what was under way. */
  | { readonly kind: 'connection' }
  | { readonly kind: 'other' }

/** What the trigger of the migrations names itself as. */
const GAP_GUARD = 'ck_aggregate_events_contiguous'
const SERIALIZATION = new Set(['40001', '40P01'])
/** Where Postgres notices that a prepared statement's result has changed: the code alone means anything unsupported. */
const STALE_PLAN_ROUTINE = 'RevalidateCachedQuery'
const CONNECTION = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '53300',
  '25P03',
  '25P04',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
  'EAI_AGAIN',
])

/** Errors of the drivers and of TypeORM for a lost connection, which carry no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed and is not queryable|timeout exceeded when trying to connect|Query runner already released)/

/** The one place that reads drivers' errors. */
export function faultOf(error: unknown): Fault {
  const driverError = driverErrorOf(error)
  const code = String(driverError.code ?? '')
  if (code === '23505') return { kind: 'unique-violation', constraint: driverError.constraint }
  if (code === '23514' && driverError.constraint === GAP_GUARD) return { kind: 'gap' }
  if (SERIALIZATION.has(code)) return { kind: 'serialization' }
  if (code === '55P03') return { kind: 'lock-timeout' }
  if (code === '26000' || driverError.routine === STALE_PLAN_ROUTINE) return { kind: 'stale-statement' }
  if (code === '25P02') return { kind: 'aborted-transaction' }
  if (code === '3B001') return { kind: 'no-savepoint' }
  if (code.startsWith('SQLITE_BUSY')) return { kind: 'busy' }
  if (CONNECTION.has(code) || code.startsWith('08')) return { kind: 'connection' }
  if (code === '' && CONNECTION_MESSAGES.test(driverError.message)) return { kind: 'connection' }
  return { kind: 'other' }
}

/**
 * Whether the database itself refused. Anything else that goes wrong after a statement was sent, such as a
 * timeout of the client's, says nothing about what the database did.
 */
export function isDatabaseVerdict(error: unknown): boolean {
  return faultOf(error).kind !== 'connection' && driverErrorOf(error).severity !== undefined
}

interface DriverError {
  readonly severity?: string
  readonly routine?: string
  readonly code?: string | number
  readonly constraint?: string
  readonly message: string
}

/** TypeORM wraps most errors of the drivers, but not all of them and not in every version. */
function driverErrorOf(error: unknown): DriverError {
  if (typeof error !== 'object' || error === null) return { message: String(error) }
  if ('driverError' in error && typeof error.driverError === 'object' && error.driverError !== null) {
    return error.driverError as DriverError
  }
  return error as DriverError
}
