/**
 * Measures rivals side by side: in every round each of them does the same number of repetitions, in an order that
 * rotates, so that a slow second of the machine hits all of them. `prepare(count)` does what is not measured and
 * gives the function that is. A function that gives a number has measured itself, in milliseconds.
 *
 * `count`: how many repetitions; as many as take the first rival `roundMs` if left out, but not fewer than `least`.
 */
export async function measure(rivals, { rounds, roundMs, warmUpMs, least = 16, count }) {
  count ??= await warmUp(rivals, warmUpMs, roundMs, least)
  const samples = new Map(rivals.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < rivals.length; turn++) {
      const rival = rivals[(round + turn) % rivals.length]
      samples.get(rival.name).push((await time(rival, count)) / count)
    }
  }
  return { count, rounds, samples }
}

/** Gives the number of repetitions that take the first rival, the baseline, as long as a round. */
async function warmUp(rivals, warmUpMs, roundMs, least) {
  let baselineMs
  for (const rival of rivals) {
    let fastest = Infinity
    const started = performance.now()
    for (
      let count = Math.min(least, 64);
      performance.now() - started < warmUpMs;
      count = Math.min(count * 2, 256)
    )
      fastest = Math.min(fastest, (await time(rival, count)) / count)
    baselineMs ??= fastest
  }
  return Math.max(least, Math.round(roundMs / baselineMs))
}

async function time(rival, count) {
  const run = await rival.prepare(count)
  // So that nobody pays for what another left behind. A full collection would also throw away compiled code.
  globalThis.gc?.({ type: 'minor' })
  const started = performance.now()
  const own = await run()
  return typeof own === 'number' ? own : performance.now() - started
}
