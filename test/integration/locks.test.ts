import { AsyncResource } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  EventStore,
  InvalidArgumentError,
  InvalidStreamIdentityError,
  LockTimeoutError,
  Records,
} from '../../src/index.js'
import type { LockOptions } from '../../src/locks/lock-options.js'
import { Locks } from '../../src/locks/locks.js'
import type { LockedWork } from '../../src/locks/locks.js'
import { resolveOptions } from '../../src/options.js'
import { Database } from '../../src/runner/database.js'
import type { Host } from '../../src/runner/host.js'
import { databases } from '../support/databases.js'

@Aggregate('counter')
class Counter extends AggregateRoot {
  count = 0

  @Records('counted')
  increment(): void {
    this.count += 1
  }
}

/** Runs code that is not inside of anything that runs now. */
const atStart = new AsyncResource('test')
const outside = <Result>(code: () => Promise<Result>): Promise<Result> => atStart.runInAsyncScope(code)

const account = (aggregateId: string) => ({ aggregateType: 'account', aggregateId })

describe.each(databases())('locks on $name', (database) => {
  let dataSource: DataSource
  let locks: Locks

  beforeAll(async () => {
    dataSource = await database.open()
    locks = new Locks(new Database(dataSource, resolveOptions({})))
  })
  afterAll(() => database.close(dataSource))

  const withLock = <Result>(
    ids: readonly string[],
    work: LockedWork<Result>,
    options: LockOptions = {},
    host?: Host,
  ): Promise<Result> => locks.withLock(host, ids.map(account), work, options)

  /** Holds locks until the function it gives is called. */
  async function hold(ids: readonly string[], options?: LockOptions): Promise<() => Promise<void>> {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    let started = (): void => undefined
    const begun = new Promise<void>((resolve) => (started = resolve))
    const held = withLock(
      ids,
      () => {
        started()
        return ended
      },
      options,
    )
    await Promise.race([begun, held])
    return () => {
      end()
      return held
    }
  }

  describe.each<LockOptions>([{ across: 'process' }, { across: 'processes' }])('with %j', (options) => {
    it('16.1 work on one aggregate takes turns, whatever it throws', async () => {
      let inside = 0
      let most = 0
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, (_, index) =>
          withLock(
            ['turns'],
            async () => {
              most = Math.max(most, ++inside)
              await sleep(2)
              inside--
              if (index % 2 === 1) throw new Error('no')
              return index
            },
            options,
          ),
        ),
      )
      expect(most).toBe(1)
      expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
        true,
        false,
        true,
        false,
        true,
        false,
      ])
    })

    it('16.1 gives what the work gives, and throws what it throws', async () => {
      expect(await withLock(['result'], () => Promise.resolve(7), options)).toBe(7)
      const failure = new Error('mine')
      await expect(withLock(['result'], () => Promise.reject(failure), options)).rejects.toBe(failure)
      const thrown = (): never => {
        throw failure
      }
      await expect(withLock(['result'], thrown, options)).rejects.toBe(failure)
      expect(await withLock([], () => Promise.resolve(8), options)).toBe(8)
    })

    it('16.1 work on different aggregates never waits for each other', async () => {
      const release = await hold(['apart-1', 'apart-2'], options)
      expect(await withLock(['apart-3'], () => Promise.resolve(true), { ...options, timeoutMs: 0 })).toBe(
        true,
      )
      await release()
    })

    it('16.2 a lock that is not free in time is LockTimeoutError, and the work is not begun', async () => {
      const release = await hold(['late'], options)
      const work = jest.fn(() => Promise.resolve())
      const waiting = withLock(['late-too', 'late'], work, { ...options, timeoutMs: 30 })
      await expect(waiting).rejects.toThrow(LockTimeoutError)
      await expect(waiting).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        retryable: true,
        timeoutMs: 30,
        lockKey: '["account","late"]',
      })
      expect(work).not.toHaveBeenCalled()
      // What was taken before the one that was not free is free again.
      await withLock(['late-too'], work, { ...options, timeoutMs: 0 })
      await release()
      await withLock(['late'], work, { ...options, timeoutMs: 0 })
      expect(work).toHaveBeenCalledTimes(2)
    })

    it('16.2 several locks are taken in one order, so that nobody waits for ever', async () => {
      const names = ['order-1', 'order-2', 'order-3']
      const done = await Promise.all(
        Array.from({ length: 9 }, (_, index) => {
          const rotated = [...names.slice(index % 3), ...names.slice(0, index % 3)]
          if (index % 2 === 0) rotated.reverse()
          return withLock(rotated, () => sleep(1, index), options)
        }),
      )
      expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    })

    it('16.4 asked for again inside the work, a lock is not waited for', async () => {
      const impatient = { ...options, timeoutMs: 0 }
      const result = await withLock(
        ['again', 'other'],
        () =>
          withLock(['again'], () => withLock(['more', 'again'], () => sleep(1, 'done'), options), options),
        impatient,
      )
      expect(result).toBe('done')
    })

    it('16.4 those who ask again inside the work take turns', async () => {
      let inside = 0
      let most = 0
      await withLock(
        ['siblings'],
        () =>
          Promise.all(
            [1, 2, 3].map(() =>
              withLock(
                ['siblings'],
                async () => {
                  most = Math.max(most, ++inside)
                  await sleep(2)
                  inside--
                },
                options,
              ),
            ),
          ),
        options,
      )
      expect(most).toBe(1)
    })

    it('16.4 what the work leaves behind holds nothing any more', async () => {
      let left: Promise<string> | undefined
      await withLock(
        ['left'],
        () => {
          left = sleep(20).then(() => withLock(['left'], () => sleep(1, 'behind'), options))
          return Promise.resolve()
        },
        options,
      )
      const release = await hold(['left'], options)
      let behind = false
      void left!.then(() => (behind = true))
      await sleep(60)
      expect(behind).toBe(false)
      await release()
      expect(await left).toBe('behind')
    })
  })

  it('16.1 two stores of one DataSource share the locks of the process', async () => {
    const other = new Locks(new Database(dataSource, resolveOptions({})))
    const release = await hold(['shared'])
    const work = (): Promise<void> => Promise.resolve()
    await expect(other.withLock(undefined, [account('shared')], work, { timeoutMs: 5 })).rejects.toThrow(
      LockTimeoutError,
    )
    await release()
    await other.withLock(undefined, [account('shared')], work, { timeoutMs: 0 })
  })

  it('16.5 a lock across processes cannot begin inside a transaction', async () => {
    await dataSource.transaction(async (manager) => {
      const work = jest.fn(() => Promise.resolve())
      await expect(withLock(['inside'], work, { across: 'processes' }, manager)).rejects.toThrow(
        InvalidArgumentError,
      )
      expect(work).not.toHaveBeenCalled()
      await withLock(['inside'], work, { across: 'process' }, manager)
      expect(work).toHaveBeenCalledTimes(1)
    })
  })

  it('16.5 a transaction may begin inside the lock', async () => {
    const work = (): Promise<unknown> =>
      dataSource.transaction((manager) => manager.query<unknown>('select 1 as one'))
    expect(await withLock(['around'], work, { across: 'processes' })).toEqual([{ one: 1 }])
  })

  it('16.1 the store and its repositories offer the same locks', async () => {
    const store = new EventStore(dataSource)
    const counters = store.repository(Counter)
    const work = (): Promise<string> => Promise.resolve('done')
    const refused = { timeoutMs: 0 }
    await counters.withLock(['one', 'two'], async () => {
      // Somebody else: code outside of this work.
      await outside(async () => {
        await expect(counters.withLock('two', work, refused)).rejects.toThrow(LockTimeoutError)
        const stream = { aggregateType: 'counter', aggregateId: 'one' }
        await expect(store.withLock(stream, work, refused)).rejects.toThrow(LockTimeoutError)
        expect(await store.withLock({ ...stream, aggregateType: 'other' }, work, refused)).toBe('done')
      })
    })
    await dataSource.transaction(async (manager) => {
      const here = counters.within(manager)
      expect(await here.withLock('one', work)).toBe('done')
      await expect(here.withLock('one', work, { across: 'processes' })).rejects.toThrow(InvalidArgumentError)
    })
    expect(await counters.withLock('one', work, { across: 'processes' })).toBe('done')
  })

  it('16.1 with a lock nobody has to try again', async () => {
    const store = new EventStore(dataSource)
    const counters = store.repository(Counter)
    await Promise.all(
      [1, 2, 3, 4, 5].map(() =>
        counters.withLock('contended', async () => {
          const counter = (await counters.load('contended')) ?? counters.create('contended')
          counter.increment()
          await sleep(1)
          await counters.commit(counter)
        }),
      ),
    )
    expect((await counters.load('contended'))?.count).toBe(5)
  })

  it('16.1 options and streams that make no sense are rejected', async () => {
    const counters = new EventStore(dataSource).repository(Counter)
    const work = jest.fn(() => Promise.resolve())
    await expect(counters.withLock('x', work, { across: 'all' as 'process' })).rejects.toThrow(
      InvalidArgumentError,
    )
    await expect(counters.withLock('x', work, { leaseMs: 5 })).rejects.toThrow(InvalidArgumentError)
    await expect(counters.withLock('x', work, { timeout: 5 } as object)).rejects.toThrow(
      `no option 'timeout'`,
    )
    await expect(counters.withLock('', work)).rejects.toThrow(InvalidStreamIdentityError)
    expect(work).not.toHaveBeenCalled()
  })
})
