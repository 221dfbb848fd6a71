import { EntityManager } from 'typeorm'
import { InvalidArgumentError } from '../../src/errors/index.js'
import {
  PostgresAggregateEvent,
  PostgresAggregateSnapshot,
  PostgresOutboxMessage,
} from '../../entities/index.js'
import { assertKnown, assertMilliseconds, assertWhole, resolveOptions } from '../../src/options.js'
import type { EventStoreOptions } from '../../src/options.js'

describe('3.6 the options of a store', () => {
  it('3.6 have defaults, all of them', () => {
    expect(resolveOptions({})).toEqual({
      codecs: [],
      upcasters: [],
      projections: [],
      eventClasses: [],
      preparedStatements: true,
      coalesceCommits: true,
      guardSqlite: true,
      sqliteLockTimeoutMs: undefined,
      lostCommitTimeoutMs: 10_000,
      manager: undefined,
      eventEntity: undefined,
      snapshotEntity: undefined,
      processedMessageEntity: undefined,
      outboxMessageEntity: undefined,
      aggregateLockEntity: undefined,
      eventColumns: undefined,
      snapshotColumns: undefined,
      outboxColumns: undefined,
      onWarning: undefined,
    })
  })

  it('3.6 keep what was given', () => {
    const given: Required<EventStoreOptions> = {
      codecs: [],
      upcasters: [],
      projections: [],
      eventClasses: [],
      preparedStatements: false,
      coalesceCommits: false,
      guardSqlite: false,
      sqliteLockTimeoutMs: 0,
      lostCommitTimeoutMs: 1.5,
      manager: (): EntityManager => Object.create(EntityManager.prototype) as EntityManager,
      eventEntity: PostgresAggregateEvent,
      snapshotEntity: PostgresAggregateSnapshot,
      eventColumns: {},
      snapshotColumns: {},
      outboxColumns: {},
      processedMessageEntity: class Mark {},
      outboxMessageEntity: PostgresOutboxMessage,
      aggregateLockEntity: class Lock {},
      onWarning: () => undefined,
    }
    expect(resolveOptions(given)).toEqual(given)
  })

  it('3.6 that are undefined are as good as left out', () => {
    const sloppy = { preparedStatements: undefined, sqliteLockTimeoutMs: undefined } as object
    expect(resolveOptions(sloppy)).toEqual(resolveOptions({}))
  })

  it('3.6 are frozen, and do not follow the object that was handed in', () => {
    const given = { lostCommitTimeoutMs: 1 }
    const resolved = resolveOptions(given)
    given.lostCommitTimeoutMs = 2
    expect(resolved.lostCommitTimeoutMs).toBe(1)
    expect(Object.isFrozen(resolved)).toBe(true)
    expect(given).toEqual({ lostCommitTimeoutMs: 2 })
  })

  it('3.6 that nobody reads are refused, with the list of those that exist', () => {
    const misspelt = { preparedStatement: false, guardSqlite: true } as EventStoreOptions
    const work = () => resolveOptions(misspelt)
    expect(work).toThrow(InvalidArgumentError)
    expect(work).toThrow(/EventStore has no option 'preparedStatement'.*preparedStatements.*onWarning/)
  })

  it('3.6 that nobody reads are all named', () => {
    expect(() => assertKnown('load', { a: 1, version: 2, b: undefined }, ['version'])).toThrow(
      /load has no option 'a', 'b'\. It has: version\./,
    )
    expect(() => assertKnown('load', { version: 2 }, ['version', 'time'])).not.toThrow()
  })

  it.each([-1, NaN, Infinity, '5', null, 5n])('3.6 in milliseconds may not be %p', (value) => {
    for (const option of ['sqliteLockTimeoutMs', 'lostCommitTimeoutMs']) {
      const work = () => resolveOptions({ [option]: value })
      expect(work).toThrow(InvalidArgumentError)
      expect(work).toThrow(option)
    }
    expect(() => assertMilliseconds('pause', value as number)).toThrow(/^pause is /)
  })

  it.each([0, 1, 0.5, 60_000])('3.6 in milliseconds may be %p', (value) => {
    expect(() => assertMilliseconds('pause', value)).not.toThrow()
  })

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53, '2', null])('3.6 that count from 1 may not be %p', (value) => {
    expect(() => assertWhole('limit', value as number, 1)).toThrow(InvalidArgumentError)
    expect(() => assertWhole('limit', value as number, 1)).toThrow(/limit is .*from 1\./)
  })

  it.each([1, 2, Number.MAX_SAFE_INTEGER])('3.6 that count from 1 may be %p', (value) => {
    expect(() => assertWhole('limit', value, 1)).not.toThrow()
  })
})
