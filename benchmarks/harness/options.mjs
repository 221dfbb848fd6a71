import { parseArgs } from 'node:util'

/** Reads the command line. A round is as long as the baseline needs for it, the others take what they need. */
export function readOptions(names) {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  if (values.only !== undefined && !names.includes(values.only)) {
    throw new Error(`There is no operation '${values.only}'. There are: ${names.join(', ')}.`)
  }
  const length = values.quick
    ? { rounds: 9, roundMs: 80, warmUpMs: 250 }
    : { rounds: 21, roundMs: 200, warmUpMs: 1_000 }
  return { ...length, quick: values.quick, only: values.only }
}
