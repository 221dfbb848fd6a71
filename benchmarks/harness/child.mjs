import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a program of the benchmarks in a process of its own, and gives what it printed as JSON. */
export async function runChild(program, args) {
  const file = fileURLToPath(new URL(`../${program}`, import.meta.url))
  const { stdout } = await execute(process.execPath, ['--expose-gc', file, ...args])
  return JSON.parse(stdout)
}
