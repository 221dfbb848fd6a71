import { parseArgs } from 'node:util'
import { loadDataSource } from './load-data-source.js'
import type { Output } from './output.js'
import { schemaCheck } from './schema-check.js'

const USAGE = `Usage: typeorm-sourced schema:check -d <file that exports the DataSource>

schema:check looks whether the database has the tables, columns, keys, indexes and triggers that the entities of
'typeorm-sourced/entities' need. It changes nothing. Exit status: 0 it fits, 1 it does not, 2 it could not be checked.

The file is JavaScript, CommonJS or an ES module. For TypeScript, run the command with a loader:
  npx tsx node_modules/typeorm-sourced/dist/src/cli/main.js schema:check -d data-source.ts
`

/** Runs the command line and gives its exit status; never throws. */
export async function runCommand(parameters: readonly string[], output: Output): Promise<0 | 1 | 2> {
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: { dataSource: { type: 'string', short: 'd' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) {
      output.out(USAGE)
      return 0
    }
    const [command, ...others] = positionals
    if (command !== 'schema:check' || others.length > 0 || values.dataSource === undefined) {
      output.fail(USAGE)
      return 2
    }
    return await schemaCheck(await loadDataSource(values.dataSource), output)
  } catch (error) {
    output.fail(`The schema could not be checked: ${messageOf(error)}\n`)
    return 2
  }
}

/** A refused connection to several addresses has its messages inside. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
