import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printable, textOf } from './git/text.js'
import { Progress } from './progress.js'
import { EVENTFUL_HISTORY } from './testing/eventful-history.js'
import { TestLedger } from './testing/test-ledger.js'
import { TestRepository } from './testing/test-repository.js'

interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

describe('the command line', () => {
  let ledger: TestLedger
  let repository: TestRepository

  beforeEach(async () => {
    ledger = await TestLedger.create('sqlite')
    repository = new TestRepository()
  })
  afterEach(async () => {
    repository.remove()
    await ledger.remove()
  })

  function run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    interrupt = false,
  ): Promise<Outcome> {
    const all = ['--import', 'tsx', join(__dirname, 'main.ts'), ...args]
    const child = spawn(process.execPath, all, { env: { ...process.env, ...ledger.env, ...env } })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
      if (interrupt && errors.includes(' commits')) child.kill('SIGINT')
    })
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })))
  }

  test('shows tables and that git agrees, and continues after Ctrl-C', async () => {
    repository.build(Array.from({ length: 600 }, (_, index) => ({ files: { log: `${index}\n` } })))
    const stopped = await run([repository.directory], {}, true)
    expect(stopped).toMatchObject({ code: 130, output: 'Stopped. The next run continues here.\n' })
    const finished = await run([repository.directory])
    expect(finished.code).toBe(0)
    expect(finished.errors).toContain('600 of 600 commits')
    expect(finished.output).toContain('600 commits by 1 contributor in 1 file\n')
    expect(finished.output).toMatch(/^log +600 +600 +599$/m)
    expect(finished.output).toMatch(/^Ann <ann@example.com> +600 +600 +599$/m)
    expect(finished.output).toMatch(/^2023-11-15 +493 +493 +493$/m)
    expect(finished.output).toContain('Every number equals that of git')
    const again = await run([repository.directory])
    expect(again.code).toBe(0)
    expect(again.output).toContain('Imported 0 commits, skipped 600 that the ledger had.\n')
    expect(again.output.split('\n').slice(3)).toEqual(finished.output.split('\n').slice(3))
  })

  test('says in a line what is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'git-ledger-none-'))
    try {
      const outcomes = await Promise.all([
        run([folder]),
        run([repository.directory]),
        run(['--unknown']),
        run(['one', 'two']),
      ])
      expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 2, 2])
      const [none, empty, unknown, two] = outcomes.map(({ errors }) => errors)
      expect(none).toMatch(/^'.+' is not in a readable git repository\. git says: .+\n$/)
      expect(empty).toMatch(/^'.+' has no commits yet\. git says: .+\n$/)
      expect(unknown).toMatch(/^Unknown option '--unknown'/)
      expect(two).toMatch(/^Name one repository at a time\./)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('says in a line that git or the database is missing', async () => {
    repository.build(EVENTFUL_HISTORY.slice(0, 1))
    const [noGit, noDatabase, help] = await Promise.all([
      run([repository.directory], { PATH: '/nowhere' }),
      run([repository.directory], { DATABASE_URL: 'postgres://user:secret@127.0.0.1:1/none' }),
      run(['--help']),
    ])
    expect(noGit).toMatchObject({ code: 1, errors: 'git was not found. Install git and try again.\n' })
    expect(noDatabase.code).toBe(1)
    expect(noDatabase.errors).toMatch(
      /^The Postgres at postgres:\/\/127.0.0.1:1\/none cannot be reached: .+\n$/,
    )
    expect(help).toMatchObject({ code: 0, errors: '' })
    expect(help.output).toContain('npm run demo -- PATH')
  })
})

test('every name that git can store has a text of its own, and none disturbs the terminal', () => {
  const names = [
    'a',
    '"a"',
    'caf\xe9',
    '"caf\\351"',
    '\xe9',
    '\\351',
    '"\\351"',
    'tab\t',
    '\u00c3\u00a9',
    '"',
  ]
  const texts = names.map((name) => textOf(Buffer.from(name, 'latin1')))
  expect(new Set(texts).size).toBe(names.length)
  expect(texts.every((text) => text.isWellFormed())).toBe(true)
  expect(printable('a\u001b[31m\n\u202e')).toBe('a\\u{1b}[31m\\n\\u{202e}')
})

test('the progress bar says how fast it goes and how long it will take', () => {
  jest.useFakeTimers({ now: 0 })
  try {
    let shown = ''
    const progress = new Progress({
      isTTY: true,
      columns: 100,
      write: (text) => ((shown = String(text)), true),
    })
    progress.update(1, 1_001)
    jest.advanceTimersByTime(1_000)
    progress.update(101, 1_001)
    expect(shown).toContain('██░░░░░░░░░░░░░░░░░░ 10 %  101 of 1001 commits, 100/s, 9 s left')
  } finally {
    jest.useRealTimers()
  }
})
