import { median, timesAsFast } from './measure.mjs'

/** Prints one operation: a line for each rival, the first being the baseline, then the targets. */
export function report({ title, ours, targets }, unit, { count, rounds, samples }) {
  const names = [...samples.keys()]
  const baseline = names[0]
  const width = Math.max(...names.map((name) => name.length))
  console.log(`\n${title}   (medians of ${rounds} rounds of ${count} ${unit})`)
  console.log(
    `  ${''.padEnd(width)}  ${'a second'.padStart(9)}  ${'µs each'.padStart(9)}  ${'middle half, µs'.padStart(17)}  ` +
      `${'of baseline'.padStart(11)}  ${'ours is'.padStart(8)}`,
  )
  for (const name of names) {
    const each = median(samples.get(name))
    console.log(
      `  ${name.padEnd(width)}  ${whole(1000 / each).padStart(9)}  ${whole(each * 1000).padStart(9)}  ` +
        `${middleHalf(samples.get(name)).padStart(17)}  ` +
        `${(name === baseline ? 'baseline' : timesAsFast(samples, name, baseline).toFixed(2)).padStart(11)}  ` +
        `${(ours === undefined || name === ours ? '' : `${timesAsFast(samples, ours, name).toFixed(2)} ×`).padStart(8)}`,
    )
  }
  return (targets ?? []).map((target) => judge(samples, target))
}

function judge(samples, { text, of, against, least }) {
  const ratio = timesAsFast(samples, of, against)
  const met = ratio >= least
  console.log(`  ${met ? '✓ met   ' : '✗ missed'} ${text}: ${ratio.toFixed(2)}`)
  return { text, ratio, met }
}

/** Prints all targets once more, at the end. */
export function reportTargets(judged) {
  console.log('\nTargets')
  for (const { operation, text, ratio, met } of judged) {
    console.log(`  ${met ? '✓ met   ' : '✗ missed'} ${operation}: ${text}: ${ratio.toFixed(2)}`)
  }
}

export function reportGuarantees(stores) {
  const width = Math.max(...stores.map(({ name }) => name.length))
  console.log('\nWhat each of them guarantees')
  for (const { name, guarantees } of stores) console.log(`  ${name.padEnd(width)}  ${guarantees}`)
}

function middleHalf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (part) => sorted[Math.round((sorted.length - 1) * part)] * 1000
  return `${whole(at(0.25))}–${whole(at(0.75))}`
}

function whole(number) {
  return Math.round(number).toLocaleString('en')
}
