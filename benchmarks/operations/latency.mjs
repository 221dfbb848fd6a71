import { HAND_WRITTEN, OURS, OURS_ALONE } from '../contenders/names.mjs'
import { offer } from '../harness/open-loop.mjs'
import { median, quantile } from '../harness/statistics.mjs'
import { figure, whole } from '../harness/table.mjs'
import { newId } from '../new-id.mjs'

const RATES = [1_000, 4_000]

/** Above this part of what was offered a contender keeps up. */
const KEEPS_UP = 0.95

/** How long a commit takes at a fixed load: so many are offered a second, each to an aggregate of its own. */
export const latency = {
  name: 'latency',
  contenders: { postgres: [HAND_WRITTEN, OURS, OURS_ALONE] },
  async *run({ stores, options }) {
    const length = options.quick ? { rounds: 3, seconds: 0.3 } : { rounds: 7, seconds: 1 }
    for (const rate of RATES) yield section(rate, length, await measureAt(stores, rate, length))
  },
}

async function measureAt(stores, rate, { rounds, seconds }) {
  const samples = new Map(stores.map(({ name }) => [name, []]))
  for (const store of stores) await offer(commitsOf(store), rate, seconds)
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < stores.length; turn++) {
      const store = stores[(round + turn) % stores.length]
      globalThis.gc?.({ type: 'minor' })
      samples.get(store.name).push(await offer(commitsOf(store), rate, seconds))
    }
  }
  return samples
}

function commitsOf(store) {
  return () => store.stream(newId()).commit(1)
}

function section(rate, { rounds, seconds }, samples) {
  const percentiles = (name, part) => samples.get(name).map(({ latencies }) => quantile(latencies, part))
  const rows = [...samples].map(([name, each]) => {
    const reached = median(each.map((sample) => sample.rate))
    const [p50, p99] = [0.5, 0.99].map((part) => figure(median(percentiles(name, part))))
    return [name, `${whole(reached)}${reached < rate * KEEPS_UP ? ' (falls behind)' : ''}`, p50, p99]
  })
  return {
    title: `Latency of commits of 1 event, ${whole(rate)} a second offered   (medians of ${rounds} rounds of ${seconds} s)`,
    table: { columns: ['', 'a second', 'p50, ms', 'p99, ms'], rows },
  }
}
