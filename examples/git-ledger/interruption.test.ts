import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from './problem.js'
import { gitNumbers } from './testing/git-numbers.js'
import { EVENTFUL_HISTORY } from './testing/eventful-history.js'
import { ledgerNumbers, TestLedger } from './testing/test-ledger.js'
import type { Kind } from './testing/test-ledger.js'
import { seededRandom } from '../../test/support/random.js'
import { TestRepository } from './testing/test-repository.js'
import type { BuiltCommit } from './testing/test-repository.js'

const KILLS = 12
const LONGEST_PAUSE_MS = 60

/** Long enough to be interrupted again and again, with files that all commits share. */
const LONG_HISTORY = Array.from({ length: 1_000 }, (_, index): BuiltCommit => ({
  author: `Author ${index % 7} <author-${index % 7}@example.com>`,
  files: {
    log: `${index}\n`,
    [`folder/${index}`]: 'x\n',
    ...(index > 9 ? { [`folder/${index - 9}`]: null } : {}),
  },
}))

describe.each<Kind>(['sqlite', 'postgres'])('an interrupted import on %s', (kind) => {
  const made: { remove: () => void | Promise<void> }[] = []
  const newLedger = async (): Promise<TestLedger> => {
    const ledger = await TestLedger.create(kind)
    made.push(ledger)
    return ledger
  }
  const newRepository = (commits: readonly BuiltCommit[]): TestRepository => {
    const repository = new TestRepository()
    made.push(repository)
    repository.build(commits)
    return repository
  }
  afterEach(async () => {
    for (const thing of made.splice(0)) await thing.remove()
  })

  test('continues to the same ledger, wherever it was stopped', async () => {
    const { directory } = newRepository(EVENTFUL_HISTORY)
    const [whole, parts] = [await newLedger(), await newLedger()]
    await whole.import(directory)
    for (const count of [1, 1, 2, 3, 5, 8]) await parts.importSome(directory, count)
    const { totals } = await parts.import(directory)
    expect(await parts.events(directory)).toEqual(await whole.events(directory))
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(directory))
  })

  test('continues with commits that came meanwhile', async () => {
    const repository = newRepository(EVENTFUL_HISTORY.slice(0, 20))
    const { directory } = repository
    const ledger = await newLedger()
    await ledger.importSome(directory, 7)
    const head = repository.git('rev-parse', 'main').trim()
    repository.build([{ author: 'Newer <n@example.com>', files: { newer: 'x\n' } }], head)
    const { totals } = await ledger.import(directory)
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(directory))
  })

  test('counts every commit once, even if two runs import at the same time', async () => {
    const { directory } = newRepository(LONG_HISTORY.slice(0, 50))
    const ledger = await newLedger()
    // The first run alone creates the tables.
    await ledger.importSome(directory, 1)
    const runs = await Promise.allSettled([ledger.import(directory), ledger.import(directory)])
    for (const run of runs) if (run.status === 'rejected') expect(run.reason).toBeInstanceOf(Problem)
    const { totals } = await ledger.import(directory)
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(directory))
  })

  test('agrees with its events after every kill, however often and wherever it is killed', async () => {
    const { directory } = newRepository(LONG_HISTORY)
    const [whole, killed] = [await newLedger(), await newLedger()]
    await whole.import(directory)
    const seed = Date.now() % 1_000_000
    const random = seededRandom(seed)
    const imported: number[] = []
    for (let kill = 1; kill <= KILLS; kill++) {
      // Every third one before its first commit, while it compares and loads.
      await runAndKill(directory, killed, kill % 3 === 0 ? '→' : ' commits', random() * LONGEST_PAUSE_MS)
      const { stored, replayed } = await killed.rows(directory)
      expect({ seed, kill, ...stored }).toEqual({ seed, kill, ...replayed })
      imported.push(stored.commits.length)
    }
    // It would prove little if the import had not begun, or had been over already.
    expect(imported[0]).toBeGreaterThan(0)
    expect(imported.at(-1)).toBeLessThan(LONG_HISTORY.length)
    const { skipped, totals } = await killed.import(directory)
    expect(skipped).toBe(imported.at(-1))
    expect(await killed.events(directory)).toEqual(await whole.events(directory))
    expect(await killed.rows(directory)).toEqual(await whole.rows(directory))
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(directory))
  }, 240_000)
})

/** Runs the program until it has printed this, and kills it a moment later. */
async function runAndKill(
  directory: string,
  ledger: TestLedger,
  output: string,
  pause: number,
): Promise<void> {
  const args = ['--import', 'tsx', join(__dirname, 'main.ts'), directory]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...ledger.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
    if (!chunk.toString().includes(output)) continue
    await sleep(pause)
    child.kill('SIGKILL')
  }
  await ended
}
