import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { DataSource } from 'typeorm'
import { EventStore } from '../../../src/index.js'
import { openDatabase } from '../database.js'
import { currentNames } from '../git/git-totals.js'
import { openRepository } from '../git/repository.js'
import { importHistory } from '../ledger/import-history.js'
import type { ImportOptions, ImportOutcome } from '../ledger/import-history.js'
import { ledgerTotals } from '../read-model/ledger-totals.js'
import type { Totals } from '../totals.js'
import type { gitNumbers } from './git-numbers.js'
import { storedRows } from './read-model-rows.js'
import type { Rows } from './read-model-rows.js'
import { replayedRows } from './replayed-rows.js'

export type Kind = 'sqlite' | 'postgres'
let databases = 0

/** An empty database for one test, as the demo would open it. */
export class TestLedger {
  private constructor(
    /** What the environment has to say so that the demo opens this database. */
    readonly env: Readonly<Record<string, string>>,
    private readonly discard: () => Promise<void>,
    /** Waits until nobody writes to it any more: the last commit of a program that was killed may be under way. */
    private readonly settle: () => Promise<void> = () => Promise.resolve(),
  ) {}

  static async create(kind: Kind): Promise<TestLedger> {
    if (kind === 'sqlite') {
      const folder = mkdtempSync(join(tmpdir(), 'git-ledger-database-'))
      const discard = (): Promise<void> => rm(folder, { recursive: true, force: true })
      return new TestLedger({ DATABASE_URL: '', DATABASE_FILE: join(folder, 'ledger.sqlite') }, discard)
    }
    const url = new URL(process.env['TEST_DATABASE_URL']!)
    const name = `git_ledger_${process.pid}_${++databases}`
    await administer(`create database ${name}`)
    url.pathname = name
    const sessions = `select from pg_stat_activity where datname = '${name}' and backend_type = 'client backend'`
    return new TestLedger(
      { DATABASE_URL: url.href },
      async () => {
        await administer(`drop database ${name} with (force)`)
      },
      async () => {
        while ((await administer(sessions)) > 0) await sleep(10)
      },
    )
  }

  /** Imports as one run of the program does, and says what the ledger contains then. */
  async import(
    directory: string,
    options: ImportOptions = {},
  ): Promise<ImportOutcome & { readonly totals: Totals }> {
    return this.open(directory, async (store) => {
      const repository = await openRepository(directory)
      const outcome = await importHistory(store, repository, options)
      const names = await currentNames(repository)
      return { ...outcome, totals: await ledgerTotals(store.dataSource, outcome.ledger, names) }
    })
  }

  /** Imports until this many more commits are in the ledger, and stops as Ctrl-C would. */
  async importSome(directory: string, count: number): Promise<void> {
    const stop = new AbortController()
    let left = count
    await this.import(directory, { signal: stop.signal, onProgress: () => --left === 0 && stop.abort() })
  }

  /** Every event in the order in which it was stored, without what differs from one database to the next. */
  async events(directory: string): Promise<string[]> {
    return this.open(directory, async (store) => {
      const events: string[] = []
      for await (const { aggregateType, aggregateId, sequence, name, payload, metadata } of store.readAll()) {
        events.push(JSON.stringify([aggregateType, aggregateId, sequence, name, payload, metadata]))
      }
      return events
    })
  }

  /** The rows as they are stored, and as a replay of the events makes them. */
  async rows(directory: string): Promise<{ readonly stored: Rows; readonly replayed: Rows }> {
    await this.settle()
    return this.open(directory, async (store) => ({
      stored: await storedRows(store.dataSource),
      replayed: await replayedRows(store.readAll()),
    }))
  }

  async remove(): Promise<void> {
    await this.discard()
  }

  /** Works with the ledger as the program does. */
  async open<Result>(directory: string, work: (store: EventStore) => Promise<Result>): Promise<Result> {
    const { dataSource }: { dataSource: DataSource } = await openDatabase(
      await openRepository(directory),
      this.env,
    )
    try {
      return await work(new EventStore(dataSource))
    } finally {
      await dataSource.destroy()
    }
  }
}

/** The ledger's numbers in the form of `gitNumbers`. */
export function ledgerNumbers({ files, contributors, days }: Totals): ReturnType<typeof gitNumbers> {
  const sums = ([name, { changes, added, removed }]: readonly [
    string,
    { changes: number; added: number; removed: number },
  ]): [string, string] => [name, `${changes} +${added} -${removed}`]
  const commits = (totals: Totals['days']): Record<string, string> =>
    Object.fromEntries([...totals].map(([name, { commits }]) => [name, String(commits)]))
  return {
    commits: commits(contributors),
    days: commits(days),
    files: Object.fromEntries([...files].map(sums)),
    authors: Object.fromEntries([...contributors].filter(([, { changes }]) => changes > 0).map(sums)),
  }
}

/** Gives how many rows the statement found. */
async function administer(statement: string): Promise<number> {
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL']! })
  await client.connect()
  try {
    return (await client.query(statement)).rowCount ?? 0
  } finally {
    await client.end()
  }
}
