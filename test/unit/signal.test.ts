import { Signal } from '../../src/signal.js'

it('wakes everybody who waits, and forgets it then', async () => {
  const signal = new Signal()
  const waiting = Promise.all([signal.wait(), signal.wait(60_000)])
  signal.raise()
  await waiting
  const started = performance.now()
  await signal.wait(20)
  expect(performance.now() - started).toBeGreaterThan(15)
})

it('raised while nobody waits, wakes the next one at once, and only that one', async () => {
  const signal = new Signal()
  signal.raise()
  signal.raise()
  await signal.wait()
  let woken = false
  const second = signal.wait().then(() => (woken = true))
  await Promise.resolve()
  expect(woken).toBe(false)
  signal.raise()
  await second
})
