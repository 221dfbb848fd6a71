/**
 * Offers calls at a fixed rate, whether earlier ones have been answered or not, and gives the latency of each in
 * milliseconds: from the moment at which it was due, so that a stall counts for everybody whom it keeps waiting.
 */
export async function offer(call, rate, seconds) {
  const total = Math.round(rate * seconds)
  const latencies = []
  const calls = []
  const started = performance.now()
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate))
    for (; sent < due; sent++) calls.push(timed(call, started + (sent / rate) * 1_000, latencies))
    // Timers are too coarse: at these rates more than one call would be due at each of their ticks.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(calls)
  return { latencies, rate: total / ((performance.now() - started) / 1_000) }
}

async function timed(call, due, latencies) {
  await call()
  latencies.push(performance.now() - due)
}
