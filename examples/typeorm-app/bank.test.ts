import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DataSource } from 'typeorm'
import { createPostgresDatabase } from '../../test/support/databases.js'
import { Bank, openDatabase, Refused } from './bank.js'

const folder = mkdtempSync(join(tmpdir(), 'typeorm-sourced-bank-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What to open, and how to remove it. */
const places = [
  ['SQLite', async () => ({ where: join(folder, 'bank.sqlite'), drop: async () => {} })],
  [
    'Postgres',
    async () => {
      const { url, drop } = await createPostgresDatabase()
      return { where: url, drop }
    },
  ],
] as const

describe.each(places)('the bank on %s', (_name, createPlace) => {
  let where: string
  let drop: () => Promise<void>
  let dataSource: DataSource
  let bank: Bank

  beforeAll(async () => {
    ;({ where, drop } = await createPlace())
    dataSource = await openDatabase(where)
    bank = new Bank(dataSource)
    await bank.open('open-ann', 'ann', 'Ann')
    await bank.open('open-bob', 'bob', 'Bob')
    await bank.deposit('first', 'ann', 100)
  })
  afterAll(async () => {
    await dataSource.destroy()
    await drop()
  })

  const amounts = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await bank.balances.find()).map(({ id, amount }) => [id, amount]))

  test('moves money in one commit, and shows it to plain TypeORM', async () => {
    expect(await bank.transfer('rent', 'ann', 'bob', 30)).toBe('handled')
    expect(await amounts()).toEqual({ ann: 70, bob: 30 })
    expect(await bank.transfers.findBy({ giver: 'ann' })).toEqual([
      { id: 'rent', giver: 'ann', taker: 'bob', amount: 30 },
    ])
  })

  test.each([
    ['an overdraft', () => bank.transfer('too-much', 'bob', 'ann', 31), /bob has 30 and cannot give 31/],
    ['money for nobody', () => bank.transfer('nobody', 'bob', 'carl', 1), /no account carl/],
    ['money for oneself', () => bank.transfer('self', 'bob', 'bob', 1), /somebody else/],
    ['negative amounts', () => bank.transfer('negative', 'bob', 'ann', -1), /above 0/],
    ['an account twice', () => bank.open('again', 'ann', 'Ann'), /There is an account ann/],
  ])('refuses %s, and changes nothing', async (_case, request, reason) => {
    const before = await amounts()
    await expect(request()).rejects.toThrow(Refused)
    await expect(request()).rejects.toThrow(reason)
    expect(await amounts()).toEqual(before)
    expect(await bank.transfers.count()).toBe(1)
  })

  test('does a request once that is sent eight times at the same time', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => bank.transfer('lunch', 'ann', 'bob', 5)),
    )
    expect(outcomes.filter((outcome) => outcome === 'handled')).toHaveLength(1)
    expect(await amounts()).toEqual({ ann: 65, bob: 35 })
  })

  test('loses nothing when requests meet on the same accounts', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? bank.transfer(`there-${index}`, 'ann', 'bob', 2)
          : bank.transfer(`back-${index}`, 'bob', 'ann', 1),
      ),
    )
    expect(await amounts()).toEqual({ ann: 55, bob: 45 })
  })

  test('has tables that the migrations and the entities agree on', async () => {
    expect((await dataSource.driver.createSchemaBuilder().log()).upQueries).toEqual([])
  })
})

test('the program runs, and continues when it runs again', async () => {
  const root = join(__dirname, '../..')
  const file = join(folder, 'program.sqlite')
  const run = async (): Promise<string> =>
    (
      await promisify(execFile)(
        process.execPath,
        [join(root, 'node_modules/tsx/dist/cli.mjs'), join(__dirname, 'bank.ts'), file],
        { cwd: root },
      )
    ).stdout
  const first = await run()
  expect(first).toContain('sent twice: already-handled, handled')
  expect(first).toContain('Refused: bob has 30 and cannot give 1000000.')
  expect(first).toContain('Ann has made 1 transfers of 30 in total.')
  expect(await run()).toContain('Ann has made 2 transfers of 60 in total.')
})
