import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EventStore, SourcedError } from '../../src/index.js'
import { openDatabase } from './database.js'
import { currentNames, gitTotals } from './git/git-totals.js'
import { openRepository } from './git/repository.js'
import type { Repository } from './git/repository.js'
import { GitError } from './git/run-git.js'
import { printable } from './git/text.js'
import { importHistory } from './ledger/import-history.js'
import { ledgerTotals } from './read-model/ledger-totals.js'
import { Problem } from './problem.js'
import { Progress } from './progress.js'
import { counted, report } from './report.js'
import { differences } from './totals.js'

const USAGE = `Imports the history of a git repository into an event-sourced ledger and shows who and what was busiest.

  npm run demo                    the repository that this program stands in
  npm run demo -- PATH            another one
  npm run demo -- PATH --fresh    begin a new ledger, although one was begun before

Stop it at any time with Ctrl-C; the next run continues. DATABASE_URL=postgres://… sends it to Postgres.`

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
/** npm passes on a Ctrl-C that has already reached this process: only a later one is the user's second. */
const SECOND_SIGNAL_MS = 500

async function main(args: readonly string[]): Promise<number> {
  const options = parse(args)
  if (options.help) return print(USAGE)
  const repository = await openRepository(options.path)
  const stopped = stopOnSignal()
  const { dataSource, location } = await openDatabase(repository)
  try {
    console.error(`${repository.directory} → ${location}`)
    const store = new EventStore(dataSource)
    const progress = new Progress(process.stderr)
    const onProgress = (done: number, total: number): void => progress.update(done, total)
    const { fresh } = options
    const { ledger, imported, skipped } = await importHistory(store, repository, {
      fresh,
      signal: stopped,
      onProgress,
    }).finally(() => progress.end())
    if (stopped.aborted) return print('Stopped. The next run continues here.', stopped.reason as number)
    // The rest only reads, so there is nothing to bring to an end first.
    stopped.addEventListener('abort', () => process.exit(stopped.reason as number))
    print(`\nImported ${counted(imported, 'commit')}, skipped ${skipped} that the ledger had.`)
    return await summarize(store, repository, ledger)
  } finally {
    await dataSource.destroy()
  }
}

/** Prints the tables, and whether git agrees with them. */
async function summarize(store: EventStore, repository: Repository, ledger: string): Promise<number> {
  const ours = await ledgerTotals(store.dataSource, ledger, await currentNames(repository))
  print(`\n${report(ours)}\n`)
  const different = differences(ours, await gitTotals(repository))
  if (different.length === 0)
    return print('Every number equals that of git shortlog -sne and git log --numstat.')
  const some = different.slice(0, 5).map((difference) => `\n  ${printable(difference)}`)
  throw new Problem(
    `${different.length} numbers differ from git's. If the history was deepened, or .gitattributes changed since it was ` +
      `imported, begin a new ledger with --fresh.${some.join('')}`,
  )
}

function parse(args: readonly string[]): {
  readonly path: string
  readonly fresh: boolean
  readonly help: boolean
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (positionals.length > 1) throw new Error('Name one repository at a time.')
    // npm runs scripts in the package's folder; a relative path is meant from where the user stands.
    const path = resolve(process.env['INIT_CWD'] ?? '.', positionals[0] ?? process.cwd())
    return { path, ...values }
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n\n${USAGE}`, 2)
  }
}

function stopOnSignal(): AbortSignal {
  const stop = new AbortController()
  let firstAt = Infinity
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (performance.now() - firstAt > SECOND_SIGNAL_MS) process.exit(exitCode)
      firstAt = Math.min(firstAt, performance.now())
      stop.abort(exitCode)
    })
  }
  return stop.signal
}

function print(text: string, exitCode = 0): number {
  console.log(text)
  return exitCode
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    const expected = error instanceof Problem || error instanceof GitError || error instanceof SourcedError
    console.error(expected ? error.message : error)
    process.exitCode = error instanceof Problem ? error.exitCode : 1
  },
)
