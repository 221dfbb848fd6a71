import { setImmediate as nextTurn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { InvalidArgumentError, InvalidStreamIdentityError } from '../../src/errors/index.js'
import { Hold } from '../../src/locks/hold.js'
import { KeyedLocks } from '../../src/runner/keyed-locks.js'
import { lockKeyOf, lockKeysOf } from '../../src/locks/lock-key.js'
import type { LockOptions } from '../../src/locks/lock-options.js'
import { resolveLockOptions } from '../../src/locks/lock-options.js'
import { problemWithName } from '../../src/model/stream-identity.js'

const timedOut = (): Error => new Error('waited too long')
const PATIENCE = 5_000

describe('16.1 locks by key', () => {
  it('16.1 are granted at once while nobody holds them, and in the order of asking', async () => {
    const locks = new KeyedLocks()
    const order: number[] = []
    const release = await locks.acquire('a', PATIENCE, timedOut)
    const others = [1, 2, 3].map(async (n) => {
      const done = await locks.acquire('a', PATIENCE, timedOut)
      order.push(n)
      await nextTurn()
      done()
    })
    await nextTurn()
    expect(order).toEqual([])
    release()
    await Promise.all(others)
    expect(order).toEqual([1, 2, 3])
  })

  it('16.1 of different keys never wait for each other', async () => {
    const locks = new KeyedLocks()
    const releases = await Promise.all(['a', 'b', 'c'].map((key) => locks.acquire(key, 0, timedOut)))
    expect(locks.size).toBe(3)
    releases.forEach((release) => release())
  })

  it('16.2 are not waited for longer than allowed, and who gave up is passed by', async () => {
    const locks = new KeyedLocks()
    const release = await locks.acquire('a', PATIENCE, timedOut)
    const patient = locks.acquire('a', PATIENCE, timedOut)
    await expect(locks.acquire('a', 5, timedOut)).rejects.toThrow('waited too long')
    release()
    ;(await patient)()
    expect(locks.size).toBe(0)
  })

  it('16.1 released twice are passed on once', async () => {
    const locks = new KeyedLocks()
    const release = await locks.acquire('a', PATIENCE, timedOut)
    const second = locks.acquire('a', PATIENCE, timedOut)
    release()
    release()
    const releaseSecond = await second
    await expect(locks.acquire('a', 1, timedOut)).rejects.toThrow('waited too long')
    releaseSecond()
  })

  it('16.1 never have two holders of one key, and leave nothing behind', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b'),
      ask: fc.nat({ max: 3 }),
      hold: fc.nat({ max: 3 }),
      timeoutMs: fc.constantFrom(0, 1, PATIENCE),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const locks = new KeyedLocks()
        const holders = new Map<string, number>()
        await Promise.all(
          steps.map(async ({ key, ask, hold, timeoutMs }) => {
            for (let turn = 0; turn < ask; turn++) await nextTurn()
            const release = await locks.acquire(key, timeoutMs, timedOut).catch(() => undefined)
            if (release === undefined) return
            holders.set(key, (holders.get(key) ?? 0) + 1)
            expect(holders.get(key)).toBe(1)
            for (let turn = 0; turn < hold; turn++) await nextTurn()
            holders.set(key, 0)
            release()
          }),
        )
        expect(locks.size).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})

describe('16.1 the keys of locks', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 255, unit: 'binary' })
    .filter((given) => problemWithName(given) === undefined)

  it('16.1 are different for different streams and fit the column, whatever type and id contain', () => {
    fc.assert(
      fc.property(name, name, name, name, (type, id, otherType, otherId) => {
        const key = lockKeyOf({ aggregateType: type, aggregateId: id })
        const other = lockKeyOf({ aggregateType: otherType, aggregateId: otherId })
        expect(Array.from(key).length).toBeLessThanOrEqual(600)
        expect(key === other).toBe(type === otherType && id === otherId)
      }),
    )
  })

  it('16.1 are the JSON of type and id, or its hash if that is too long', () => {
    expect(lockKeyOf({ aggregateType: 'account', aggregateId: 'a:b"' })).toBe('["account","a:b\\""]')
    const longest = { aggregateType: '\u0001'.repeat(255), aggregateId: 'x' }
    expect(lockKeyOf(longest)).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(lockKeyOf(longest)).not.toBe(lockKeyOf({ ...longest, aggregateId: 'y' }))
  })

  it.each(['', ' ', 'a\0', '\ud800', 'x'.repeat(256), undefined as unknown as string])(
    '16.1 refuse what cannot name a stream: %j',
    (name) => {
      expect(() => lockKeyOf({ aggregateType: 'account', aggregateId: name })).toThrow(
        InvalidStreamIdentityError,
      )
      expect(() => lockKeyOf({ aggregateType: name, aggregateId: 'a' })).toThrow('aggregateType')
    },
  )

  it('16.2 come in one order, each once, however they are named', () => {
    const stream = (aggregateId: string) => ({ aggregateType: 't', aggregateId })
    const keys = lockKeysOf([stream('b'), stream('a'), stream('b'), stream('B')])
    expect(keys).toEqual(['["t","B"]', '["t","a"]', '["t","b"]'])
    expect(lockKeysOf([stream('B'), stream('b'), stream('a')])).toEqual(keys)
  })
})

describe('16.4 what code inside of locked work finds', () => {
  const hold = (key: string, outer?: Hold, leased = false): Hold =>
    new Hold([key], leased, new AbortController().signal, outer)

  it('16.4 is the innermost work that holds the lock', () => {
    const [one, two] = [hold('a'), hold('b')]
    const inner = hold('a', hold('b', one))
    expect(Hold.of('a', inner)).toBe(inner)
    expect(Hold.of('a', two)).toBeUndefined()
    expect(Hold.of('a', hold('b', one))).toBe(one)
  })

  it('16.4 is nothing once that work has ended', () => {
    const outer = hold('a')
    const inner = hold('b', outer)
    outer.active = false
    expect(Hold.of('a', inner)).toBeUndefined()
    inner.active = false
    expect(Hold.active(inner)).toBeUndefined()
  })

  it('16.4 tells whether other processes are kept out', () => {
    const leased = hold('a', undefined, true)
    const inner = hold('a', leased)
    expect(Hold.isLeased('a', inner)).toBe(true)
    leased.active = false
    expect(Hold.isLeased('a', inner)).toBe(false)
  })

  it('16.4 does not remember all the work that ended before it', () => {
    let innermost = hold('first')
    for (let count = 0; count < 10_000; count++) {
      const next = hold('next', Hold.active(innermost))
      innermost.active = false
      innermost = next
    }
    let depth = 0
    for (let around: unknown = innermost; around !== undefined; depth++) {
      around = (around as { outer?: unknown }).outer
    }
    expect(depth).toBeLessThanOrEqual(2)
  })
})

describe('16.1 the options of a lock', () => {
  it('16.1 have defaults', () => {
    expect(resolveLockOptions({})).toEqual({ across: 'process', timeoutMs: 10_000, leaseMs: 30_000 })
    expect(resolveLockOptions({ across: 'processes', timeoutMs: 0, leaseMs: undefined as never })).toEqual({
      across: 'processes',
      timeoutMs: 0,
      leaseMs: 30_000,
    })
  })

  it.each<[LockOptions, string]>([
    [{ across: 'everywhere' as 'process' }, `across is 'everywhere'`],
    [{ leaseMs: 1 }, 'leaseMs is 1'],
    [{ leaseMs: NaN }, 'leaseMs is NaN'],
    [{ timeoutMs: -1 }, 'timeoutMs is -1'],
    [{ timeoutMs: Infinity }, 'timeoutMs is Infinity'],
    [{ timeoutMs: '5' as unknown as number }, 'timeoutMs is 5'],
    [{ timeout: 5 } as LockOptions, `no option 'timeout'. It has: across, timeoutMs, leaseMs.`],
  ])('16.1 are refused if they make no sense: %j', (options, message) => {
    expect(() => resolveLockOptions(options)).toThrow(InvalidArgumentError)
    expect(() => resolveLockOptions(options)).toThrow(message)
  })
})
