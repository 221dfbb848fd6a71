import { CASTORE, EMMETT, OURS, OURS_ALONE, PGBENCH } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { median, quantile, ratioOf } from '../harness/statistics.mjs'
import { figure } from '../harness/table.mjs'
import { atLeast, fasterBy } from '../harness/targets.mjs'
import { callersOf } from './callers.mjs'
import { AT_ONCE } from './who.mjs'

const MANY = 64
const LEVELS = [1, 4, 16, MANY, 256]

/** Fewer than of other operations: there are five tables of them, and the slowest contenders take long. */
const ROUNDS = 9

/** Callers at the same time, each with an aggregate of its own. */
export const commitConcurrently = {
  name: 'commit-concurrently',
  contenders: { postgres: AT_ONCE },
  quick: ['postgres'],
  async *run({ stores, options: { quick, lengths } }) {
    if (quick) yield await sectionFor(stores, MANY, lengths)
    else for (const callers of LEVELS) yield await sectionFor(stores, callers, { ...lengths, rounds: ROUNDS })
  },
}

async function sectionFor(stores, callers, lengths) {
  const latencies = new Map(stores.map(({ name }) => [name, []]))
  const percentiles = (name, part) =>
    latencies
      .get(name)
      ?.slice(-lengths.rounds)
      .map((taken) => quantile(taken, part))
  const column = (title, part) => ({ title, of: (name) => milliseconds(percentiles(name, part)) })
  return compare(
    {
      title: `Commits of 1 event by ${callers} ${callers === 1 ? 'caller' : 'callers'}, each to an aggregate of its own`,
      unit: 'commits',
      rivals: stores.map((store) => callersOf(store, callers, latencies.get(store.name))),
      columns: [column('p50, ms', 0.5), column('p99, ms', 0.99)],
      targets: callers === MANY ? targetsAt(percentiles) : [],
      chart: callers === MANY ? `Commits of 1 event a second, ${MANY} callers` : undefined,
    },
    { ...lengths, least: Math.min(callers * 24, 2_048) },
  )
}

function targetsAt(percentiles) {
  return [
    fasterBy('at least 12 times emmett', OURS, EMMETT, 12),
    fasterBy('at least 6 times castore', OURS, CASTORE, 6),
    fasterBy('at least 3 times pgbench with 10 clients', OURS, PGBENCH, 3),
    () =>
      atLeast(
        'p99 latency no longer than without coalescing (that one divided by ours is at least 1)',
        ratioOf(percentiles(OURS_ALONE, 0.99), percentiles(OURS, 0.99)),
        1,
      ),
  ]
}

function milliseconds(rounds) {
  return rounds === undefined || rounds.length === 0 ? '' : figure(median(rounds))
}
