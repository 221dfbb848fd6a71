import { SourcedError, StorageError } from '../errors/index.js'
import { faultOf } from './fault.js'

/** Makes a driver's error one of this module's; an error that is already one passes. For work that wrote nothing. */
export function asStorageError(operation: 'append' | 'read', error: unknown): Error {
  const outcome = operation === 'append' ? ' Nothing was written.' : ''
  if (error instanceof SourcedError) return error
  const fault = faultOf(error)
  switch (fault.kind) {
    case 'serialization':
    case 'lock-timeout':
    case 'stale-statement':
      return failed(
        operation,
        `Another transaction or a change of the schema got in the way.${outcome} Try again.`,
        true,
        error,
      )
    case 'busy':
      return failed(operation, `Another process holds the SQLite file.${outcome} Try again.`, true, error)
    case 'connection':
      return failed(operation, `${whyUnreachable(error)}${outcome} Try again.`, true, error)
    case 'aborted-transaction':
      return failed(
        operation,
        'An earlier statement of this transaction failed, so Postgres refuses every further one. Roll it back.',
        false,
        error,
      )
    case 'unique-violation':
    case 'gap':
    case 'no-savepoint':
    case 'other':
      return failed(operation, `The database refused: ${messageOf(error)}.${outcome}`, false, error)
  }
}

/** Names the table whose constraint refused rows of a plan. Everything else is left for the commit to judge. */
export function asRowError(tablePath: string, error: unknown): unknown {
  const { kind } = faultOf(error)
  if (error instanceof SourcedError || (kind !== 'unique-violation' && kind !== 'other')) return error
  const problem = `Table ${tablePath} refused rows: ${messageOf(error)}. Nothing was written.`
  return failed(`write ${tablePath}`, problem, false, error)
}

function whyUnreachable(error: unknown): string {
  if (!messageOf(error).startsWith('timeout exceeded when trying to connect'))
    return 'The database cannot be reached.'
  return (
    'No connection of the pool was free in time. If this happens inside transactions, work through ' +
    'store.within(manager), or give the pool more connections than there are such transactions at once.'
  )
}

function failed(operation: string, problem: string, retryable: boolean, cause: unknown): StorageError {
  return new StorageError(operation, problem, retryable, 'not-written', { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
