import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DataSource } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { importSourcedRepo, ImportRefusedError } from '../../src/import/index.js'
import type { ImportOptions } from '../../src/import/index.js'
import { cleanUp, openMigrated } from '../migrations/fresh-database.js'
import { createPostgresDatabase } from '../support/databases.js'
import { root, run } from './fixture-app.js'

jest.setTimeout(180_000)

/** The application of the fixture, on this module. */
@Aggregate('account', { snapshots: { every: 10, version: 1 } })
class Account extends AggregateRoot {
  balance = 0
  owner = ''

  @Records('account-opened')
  open(e: { owner: string }) {
    this.owner = e.owner
  }

  @Records('deposit')
  deposit(e: { amount: number }) {
    this.balance += e.amount
  }

  @Records('withdraw')
  withdraw(e: { amount: number }) {
    this.balance -= e.amount
  }
}

const aggregates: ImportOptions['aggregates'] = {
  Account: { type: 'account', events: { open: 'account-opened' } },
  Order: {
    type: 'order',
    events: { addLine: ({ data }) => ({ name: 'line-added', payload: { sku: data } }) },
  },
}

type States = Readonly<
  Record<string, { readonly balance: number; readonly owner: string; readonly version: number }>
>

const ACCOUNTS = 40
let folder: string
let url: string
let drop: () => Promise<void>
let source: DataSource
let states: States

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-repo-'))
  await cp(join(__dirname, 'fixtures/sourced-repo'), folder, { recursive: true })
  const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock']
  await run(folder, 'npm', ['install', ...quietly, 'sourced-repo-typeorm@3.2.14', 'sourced@4.0.7'])
  ;({ url, drop } = await createPostgresDatabase())
  states = await record({})
  source = await new DataSource({ type: 'postgres', url }).initialize()
})

afterEach(cleanUp)

afterAll(async () => {
  await source.destroy()
  await drop()
  await rm(folder, { recursive: true, force: true })
})

/** Has the old application write, and gives the states that it loads afterwards. */
async function record(environment: Readonly<Record<string, string>>): Promise<States> {
  const parameters = { DATABASE_URL: url, ACCOUNTS: String(ACCOUNTS), ...environment }
  return JSON.parse(await run(folder, process.execPath, ['write-events.cjs'], parameters)) as States
}

test.each(['postgres', 'better-sqlite3'] as const)(
  '19.1 what the real package wrote is replayed to the same states on %s',
  async (driver) => {
    const target = await openMigrated(driver)
    const store = new EventStore(target)
    const accounts = store.repository(Account)
    let compared = 0
    const report = await importSourcedRepo({
      source,
      target,
      aggregates,
      check: async ({ aggregateType, aggregateId, version, snapshot }) => {
        if (aggregateType !== 'account') return true
        const account = (await accounts.load(aggregateId))!
        expect({ balance: account.balance, owner: account.owner, version }).toEqual(states[aggregateId])
        if (snapshot === undefined) return true
        compared++
        const then = (await accounts.load(aggregateId, { version: snapshot.version }))!
        expect(snapshot.state).toMatchObject({ balance: then.balance, owner: then.owner })
        await accounts.snapshot(account)
        return true
      },
    })
    expect(report.anomalies).toEqual([])
    expect(report).toMatchObject({ streams: ACCOUNTS + 1, streamsLeftOut: 0, imported: report.events })
    expect(report.snapshotsDropped).toBeGreaterThan(ACCOUNTS / 4)
    expect(compared).toBeGreaterThan(ACCOUNTS / 4)
    const lines: unknown[] = []
    for await (const event of store.readStream({ aggregateType: 'order', aggregateId: 'acc-1' }))
      lines.push([event.name, event.payload])
    expect(lines).toEqual([
      ['line-added', { sku: 'tea' }],
      ['line-added', { sku: 'cup' }],
    ])
  },
)

test('19.2 an import that was killed goes on where it was', async () => {
  const target = await openMigrated('postgres')
  const { url: targetUrl } = target.options as { readonly url: string }
  const script = ['--import', 'tsx', join(root, 'test/import/run-import.ts'), url, targetUrl]
  const child = spawn(process.execPath, script, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) if (line === 'copy 25') break
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  const report = await importSourcedRepo({ source, target })
  expect(report.alreadyThere).toBeGreaterThanOrEqual(25)
  expect(report.imported).toBeGreaterThan(0)
  expect(report.imported + report.alreadyThere).toBe(report.events)
})

test('19.3 two commits at the same time, which the real package lets pass, are found', async () => {
  const target = await openMigrated('postgres')
  const raced = { ...(await createPostgresDatabase()) }
  const database = await new DataSource({ type: 'postgres', url: raced.url }).initialize()
  try {
    await run(folder, process.execPath, ['write-events.cjs'], {
      DATABASE_URL: raced.url,
      ACCOUNTS: '2',
      RACE: '1',
    })
    const error: unknown = await importSourcedRepo({ source: database, target }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toBeInstanceOf(ImportRefusedError)
    const { report } = error as ImportRefusedError
    expect(report.anomalies).toMatchObject([
      { kind: 'duplicate-version', entityType: 'Account', id: 'acc-2', versions: [4] },
    ])
    const mended = await importSourcedRepo({ source: database, target, irregularStreams: 'renumber' })
    expect(mended.imported).toBe(mended.events)
  } finally {
    await database.destroy()
    await raced.drop()
  }
})
