import { parseArgs } from 'node:util'

const HERE = new URL('../', import.meta.url)

/**
 * Reads the command line. A round is as long as the baseline needs for it, the others take what they need.
 * A full run of everything writes the report and the chart of the repository; other runs write where they are told to.
 */
export function readOptions(names) {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const { quick, only, out } = values
  if (only !== undefined && !names.includes(only)) {
    throw new Error(`There is no operation '${only}'. There are: ${names.join(', ')}.`)
  }
  const lengths = quick
    ? { rounds: 7, roundMs: 50, warmUpMs: 400 }
    : { rounds: 15, roundMs: 150, warmUpMs: 800 }
  return { quick, only, lengths, files: filesFor(quick, only, out) }
}

function filesFor(quick, only, out) {
  if (out !== undefined) return { report: out, chart: `${out.replace(/\.md$/, '')}.svg` }
  if (quick || only !== undefined) return undefined
  return { report: new URL('report.md', HERE), chart: new URL('../docs/benchmarks.svg', HERE) }
}
