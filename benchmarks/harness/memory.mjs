const EVERY = 5_000
const MIB = 2 ** 20

/**
 * Counts what a reader delivers, and how far the process's resident memory rises over what it was when the reading began.
 * Read a few events before: code is compiled then, and the heap has its usual size.
 */
export function watchMemory() {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  const started = performance.now()
  let events = 0
  let most = before
  return {
    count: () => {
      events += 1
      if (events % EVERY === 0) most = Math.max(most, process.memoryUsage.rss())
    },
    result: () => ({
      events,
      milliseconds: performance.now() - started,
      mebibytes: Math.max(0, most - before) / MIB,
    }),
  }
}
