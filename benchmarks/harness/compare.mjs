import { OURS } from '../contenders/names.mjs'
import { measure } from './measure.mjs'
import { median, quantile, timesAsFast } from './statistics.mjs'
import { figure, whole } from './table.mjs'

/**
 * Measures rivals in rounds and gives the section of the report: a line for each, the first being the baseline.
 *
 * - `columns`: further columns, `{ title, of: (name) => text }`.
 * - `targets`: functions of the samples; see targets.mjs.
 * - `chart`: the group of bars in the chart that these rates make.
 */
export async function compare({ title, unit, rivals, targets = [], columns = [], chart, notes }, lengths) {
  const measured = await measure(rivals, lengths)
  const { samples } = measured
  return {
    title: `${title}   (medians of ${measured.rounds} rounds of ${whole(measured.count)} ${unit})`,
    samples,
    table: tableOf(samples, columns),
    targets: targets.map((judge) => judge(samples)),
    notes,
    bars: chart && { group: chart, rates: rates(samples) },
  }
}

function tableOf(samples, more) {
  const names = [...samples.keys()]
  const [baseline] = names
  const ours = samples.has(OURS) ? OURS : undefined
  const rows = names.map((name) => {
    const each = samples.get(name)
    return [
      name,
      whole(1_000 / median(each)),
      whole(median(each) * 1_000),
      `${whole(quantile(each, 0.25) * 1_000)}–${whole(quantile(each, 0.75) * 1_000)}`,
      name === baseline ? 'baseline' : figure(timesAsFast(samples, name, baseline)),
      ...(ours === undefined ? [] : [name === ours ? '' : `${figure(timesAsFast(samples, ours, name))} ×`]),
      ...more.map(({ of }) => of(name)),
    ]
  })
  const columns = [
    '',
    'a second',
    'µs each',
    'middle half, µs',
    'of baseline',
    ...(ours === undefined ? [] : ['ours is']),
    ...more.map(({ title }) => title),
  ]
  return { columns, rows }
}

function rates(samples) {
  return [...samples].map(([name, each]) => ({ name, rate: 1_000 / median(each) }))
}
