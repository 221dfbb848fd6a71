import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { FifoLock } from '../../src/runner/fifo-lock.js'

const timedOut = (): Error => new Error('waited too long')

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  await nextTurn()
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending
}

describe('10.4 the lock by which commits take turns', () => {
  it('10.4 is granted at once while nobody holds it', async () => {
    const lock = new FifoLock()
    ;(await lock.acquire())()
    ;(await lock.acquire())()
  })

  it('10.4 is granted in the order of asking', async () => {
    const lock = new FifoLock()
    const granted: number[] = []
    const release = await lock.acquire()
    const others = [1, 2, 3, 4].map(async (n) => {
      const done = await lock.acquire()
      granted.push(n)
      await nextTurn()
      done()
    })
    await nextTurn()
    expect(granted).toEqual([])
    release()
    await Promise.all(others)
    expect(granted).toEqual([1, 2, 3, 4])
  })

  it('10.4 is not overtaken by one who asks at the moment of its release', async () => {
    const lock = new FifoLock()
    const order: string[] = []
    const release = await lock.acquire()
    const waiting = lock.acquire().then((done) => {
      order.push('waited')
      done()
    })
    release()
    const late = lock.acquire().then((done) => {
      order.push('came late')
      done()
    })
    await Promise.all([waiting, late])
    expect(order).toEqual(['waited', 'came late'])
  })

  it('10.4 released twice passes it on once', async () => {
    const lock = new FifoLock()
    const release = await lock.acquire()
    const second = lock.acquire()
    const third = lock.acquire()
    release()
    release()
    const releaseSecond = await second
    release()
    expect(await isPending(third)).toBe(true)
    releaseSecond()
    ;(await third)()
  })

  it('10.4 is not waited for longer than allowed', async () => {
    const lock = new FifoLock()
    const release = await lock.acquire()
    const started = performance.now()
    await expect(lock.acquire(30, timedOut)).rejects.toThrow('waited too long')
    expect(performance.now() - started).toBeGreaterThanOrEqual(28)
    release()
  })

  it('10.4 passes by those who gave up', async () => {
    const lock = new FifoLock()
    const release = await lock.acquire()
    const patient = lock.acquire()
    const impatient = lock.acquire(5, timedOut)
    const alsoPatient = lock.acquire(10_000, timedOut)
    await expect(impatient).rejects.toThrow('waited too long')
    release()
    ;(await patient)()
    ;(await alsoPatient)()
    ;(await lock.acquire(1, timedOut))()
  })

  it('10.4 that was granted in time is not taken away when the time is over', async () => {
    const lock = new FifoLock()
    const release = await lock.acquire()
    const second = lock.acquire(20, timedOut)
    release()
    const releaseSecond = await second
    await sleep(40)
    const third = lock.acquire()
    expect(await isPending(third)).toBe(true)
    releaseSecond()
    ;(await third)()
  })

  it('10.3 leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const lock = new FifoLock()
    const release = await lock.acquire(60_000, timedOut)
    const before = timers()
    const second = lock.acquire(60_000, timedOut)
    release()
    ;(await second)()
    expect(timers()).toBeLessThanOrEqual(before)
  })

  it('10.4 never has two holders, whoever asks, gives up and releases in whatever order', async () => {
    const step = fc.record({
      ask: fc.nat({ max: 3 }),
      hold: fc.nat({ max: 3 }),
      timeout: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
      releases: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const lock = new FifoLock()
        let holders = 0
        let most = 0
        let settled = 0
        await Promise.all(
          steps.map(async ({ ask, hold, timeout, releases }) => {
            for (let turn = 0; turn < ask; turn++) await nextTurn()
            try {
              const release = await lock.acquire(timeout, timeout === undefined ? undefined : timedOut)
              most = Math.max(most, ++holders)
              for (let turn = 0; turn < hold; turn++) await nextTurn()
              holders--
              for (let time = 0; time < releases; time++) release()
            } catch (error) {
              expect(error).toEqual(timedOut())
            }
            settled++
          }),
        )
        expect(most).toBeLessThanOrEqual(1)
        expect(settled).toBe(steps.length)
        ;(await lock.acquire(1, timedOut))()
      }),
      { numRuns: 100 },
    )
  })
})
