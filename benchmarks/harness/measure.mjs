/**
 * Measures rivals side by side: in every round each of them does the same number of repetitions, in an order that
 * rotates, so that a slow second of the machine hits all of them. `prepare(count)` does what is not measured and
 * gives the function that is.
 */
export async function measure(rivals, { rounds, roundMs, warmUpMs }) {
  const count = await warmUp(rivals, warmUpMs, roundMs)
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
async function warmUp(rivals, warmUpMs, roundMs) {
  let baselineMs
  for (const rival of rivals) {
    let spent = 0
    let fastest = Infinity
    for (let count = 8; spent < warmUpMs; count = Math.min(count * 2, 256)) {
      const elapsed = await time(rival, count)
      spent += elapsed
      fastest = Math.min(fastest, elapsed / count)
    }
    baselineMs ??= fastest
  }
  return Math.max(16, Math.round(roundMs / baselineMs))
}

async function time(rival, count) {
  const run = await rival.prepare(count)
  // So that nobody pays for what another left behind. A full collection would also throw away compiled code.
  globalThis.gc?.({ type: 'minor' })
  const started = performance.now()
  await run()
  return performance.now() - started
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How many times as fast one was as the other: the median of the rounds' own ratios. */
export function timesAsFast(samples, name, other) {
  const others = samples.get(other)
  return median(samples.get(name).map((each, round) => others[round] / each))
}
