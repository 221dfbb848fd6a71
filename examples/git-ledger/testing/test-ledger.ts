import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { DataSource } from 'typeorm'
import { EventStore } from '../../../src/index.js'
import { openDatabase } from '../database.js'
import { currentNames } from '../git/git-totals.js'
import { openRepository } from '../git/repository.js'
import { ledgerOf } from '../ledger/ids.js'
import { importHistory } from '../ledger/import-history.js'
import type { ImportOptions } from '../ledger/import-history.js'
import type { ImportedHistory } from '../ledger/imported-history.js'
import { ledgerTotals } from '../ledger/ledger-totals.js'
import type { Totals } from '../totals.js'
import type { gitNumbers } from './git-numbers.js'

export type Kind = 'sqlite' | 'postgres'
let databases = 0

/** An empty database for one test, as the demo would open it. */
export class TestLedger {
  private constructor(
    /** What the environment has to say so that the demo opens this database. */
    readonly env: Readonly<Record<string, string>>,
    private readonly discard: () => Promise<void>,
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
    return new TestLedger({ DATABASE_URL: url.href }, () => administer(`drop database ${name} with (force)`))
  }

  /** Imports as one run of the program does, and says what the ledger contains then. */
  async import(
    directory: string,
    options: ImportOptions = {},
  ): Promise<{ readonly history: ImportedHistory; readonly totals: Totals }> {
    return this.open(directory, async (store) => {
      const repository = await openRepository(directory)
      const history = await importHistory(store, repository, options)
      const names = await currentNames(repository, repository.head)
      return { history, totals: await ledgerTotals(store, ledgerOf(history), names) }
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

  async remove(): Promise<void> {
    await this.discard()
  }

  private async open<Result>(
    directory: string,
    work: (store: EventStore) => Promise<Result>,
  ): Promise<Result> {
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
export function ledgerNumbers({ files, contributors }: Totals): ReturnType<typeof gitNumbers> {
  const sums = ([name, { changes, added, removed }]: readonly [
    string,
    { changes: number; added: number; removed: number },
  ]): [string, string] => [name, `${changes} +${added} -${removed}`]
  return {
    commits: Object.fromEntries([...contributors].map(([name, { commits }]) => [name, String(commits)])),
    files: Object.fromEntries([...files].map(sums)),
    authors: Object.fromEntries([...contributors].filter(([, { changes }]) => changes > 0).map(sums)),
  }
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL']! })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
