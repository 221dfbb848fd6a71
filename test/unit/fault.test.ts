import Sqlite from 'better-sqlite3'
import { DatabaseError } from 'pg'
import { QueryFailedError } from 'typeorm'
import { QueryFailedError as QueryFailedErrorOf03 } from 'typeorm-0.3'
import { ConcurrentWriteError, StorageError } from '../../src/errors/index.js'
import { faultOf } from '../../src/runner/fault.js'
import type { Fault } from '../../src/runner/fault.js'
import { asStorageError } from '../../src/runner/storage-error.js'

function postgres(code: string, fields: { constraint?: string; message?: string } = {}): Error {
  const { message = 'as Postgres words it', ...rest } = fields
  return Object.assign(new DatabaseError(message, message.length, 'error'), { code, ...rest })
}

function betterSqlite(code: string): Error {
  return new Sqlite.SqliteError('as SQLite words it', code)
}

function sqlite3(code: string): Error {
  return Object.assign(new Error(`${code}: as SQLite words it`), { errno: 5, code })
}

function system(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { errno: -111, code, syscall: 'connect' })
}

const shapes: [string, (error: Error) => unknown][] = [
  ['the error itself', (error) => error],
  ['wrapped by TypeORM 1.x', (error) => new QueryFailedError('select 1', [], error)],
  ['wrapped by TypeORM 0.3', (error) => new QueryFailedErrorOf03('select 1', [], error)],
  ['as a property driverError', (driverError) => ({ driverError })],
]

const faults: [string, Error, Fault['kind']][] = [
  ['a serialization failure', postgres('40001'), 'serialization'],
  ['a deadlock', postgres('40P01'), 'serialization'],
  ['a lock that was not available', postgres('55P03'), 'lock-timeout'],
  ['an aborted transaction', postgres('25P02'), 'aborted-transaction'],
  ['an administrator who ended the session', postgres('57P01'), 'connection'],
  ['a crash of the server', postgres('57P02'), 'connection'],
  ['a server that is starting up', postgres('57P03'), 'connection'],
  ['a broken connection', postgres('08006'), 'connection'],
  ['a refused connection', postgres('08001'), 'connection'],
  ['a protocol violation', postgres('08P01'), 'connection'],
  ['a check that failed', postgres('23514'), 'other'],
  ['the gap guard', postgres('23514', { constraint: 'ck_aggregate_events_contiguous' }), 'gap'],
  ['a foreign key that failed', postgres('23503'), 'other'],
  ['a missing table', postgres('42P01'), 'other'],
  ['an exception raised by a trigger', postgres('P0001'), 'other'],
  ['a statement that was cancelled', postgres('57014'), 'other'],
  ['a read-only transaction', postgres('25006'), 'other'],
  ['ECONNRESET', system('ECONNRESET'), 'connection'],
  ['ECONNREFUSED', system('ECONNREFUSED'), 'connection'],
  ['EPIPE', system('EPIPE'), 'connection'],
  ['ETIMEDOUT', system('ETIMEDOUT'), 'connection'],
  ['a missing socket', system('ENOENT'), 'connection'],
  ['a name that does not resolve', system('ENOTFOUND'), 'connection'],
  ['an unreachable host', system('EHOSTUNREACH'), 'connection'],
  [
    'a host whose every address refused',
    Object.assign(new AggregateError([system('ECONNREFUSED')], ''), { code: 'ECONNREFUSED' }),
    'connection',
  ],
  ['pg: a connection that ended', new Error('Connection terminated unexpectedly'), 'connection'],
  ['pg: a connection that was ended', new Error('Connection terminated'), 'connection'],
  [
    'pg: a client that is broken',
    new Error('Client has encountered a connection error and is not queryable'),
    'connection',
  ],
  ['pg: a pool without room', new Error('timeout exceeded when trying to connect'), 'connection'],
  [
    'TypeORM: a runner that was released',
    new Error('Query runner already released. Cannot run queries anymore.'),
    'connection',
  ],
  ['better-sqlite3: busy', betterSqlite('SQLITE_BUSY'), 'busy'],
  ['better-sqlite3: busy with a stale snapshot', betterSqlite('SQLITE_BUSY_SNAPSHOT'), 'busy'],
  ['better-sqlite3: busy recovering', betterSqlite('SQLITE_BUSY_RECOVERY'), 'busy'],
  ['sqlite3: busy', sqlite3('SQLITE_BUSY'), 'busy'],
  ['better-sqlite3: a full disk', betterSqlite('SQLITE_FULL'), 'other'],
  ['better-sqlite3: a trigger that refused', betterSqlite('SQLITE_CONSTRAINT_TRIGGER'), 'other'],
  ['sqlite3: a misuse', sqlite3('SQLITE_MISUSE'), 'other'],
  ['an error of the application', new Error('not enough money'), 'other'],
  [
    'an error of the application that quotes a driver',
    new Error('Could not book: Connection terminated unexpectedly'),
    'other',
  ],
  [
    'a driver error with a code, whatever its words',
    postgres('22P02', { message: 'Connection terminated unexpectedly' }),
    'other',
  ],
]

describe.each(shapes)('5.1 a fault that comes as %s', (_, shape) => {
  it.each(faults)('5.1 is recognized as what it is: %s', (_name, error, kind) => {
    expect(faultOf(shape(error)).kind).toBe(kind)
  })

  it('3.10 names the unique key that was violated, so that a key of the host is no conflict', () => {
    const error = postgres('23505', { constraint: 'PK_aggregate_events' })
    expect(faultOf(shape(error))).toEqual({ kind: 'unique-violation', constraint: 'PK_aggregate_events' })
    expect(faultOf(shape(postgres('23505')))).toEqual({ kind: 'unique-violation', constraint: undefined })
  })
})

describe('5.1 what is no error of a driver', () => {
  it.each([undefined, null, 'text', 7, Symbol('s'), {}, [], { driverError: null }, { code: null }])(
    '5.1 is not taken for one: %p',
    (thrown) => {
      expect(faultOf(thrown)).toEqual({ kind: 'other' })
    },
  )
})

describe('5.3 what the database throws', () => {
  const cases: [string, Error, boolean, RegExp][] = [
    ['a deadlock', postgres('40P01'), true, /got in the way.*Try again/],
    ['a busy file', betterSqlite('SQLITE_BUSY'), true, /holds the SQLite file.*Try again/],
    ['a lost connection', system('ECONNRESET'), true, /cannot be reached.*Try again/],
    ['an aborted transaction', postgres('25P02'), false, /earlier statement.*Roll it back/],
    [
      'a failed constraint',
      postgres('23514', { message: 'violates check "x"' }),
      false,
      /violates check "x"/,
    ],
    ['a violated key', postgres('23505', { message: 'duplicate key' }), false, /duplicate key/],
  ]

  it.each(cases)(
    '5.3 becomes a StorageError that says what to do: %s',
    (_, driverError, retryable, problem) => {
      const wrapped = new QueryFailedError('insert', ['secret'], driverError)
      const error = asStorageError('append', wrapped)
      expect(error).toBeInstanceOf(StorageError)
      expect(error).toMatchObject({ operation: 'append', retryable, outcome: 'not-written', cause: wrapped })
      expect(error.message).toMatch(problem)
      expect(error.message).not.toContain('secret')
    },
  )

  it('5.3 stays what it is if it is an error of the module already', () => {
    const error = new ConcurrentWriteError({ aggregateType: 'a', aggregateId: 'b' }, 1, 2)
    expect(asStorageError('append', error)).toBe(error)
  })

  it('5.3 may even be no error at all', () => {
    expect(asStorageError('append', 'out of order')).toMatchObject({
      message: expect.stringContaining('out of order') as string,
      cause: 'out of order',
    })
  })
})
