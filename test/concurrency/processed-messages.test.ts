import { DataSource } from 'typeorm'
import { EventStore } from '../../src/index.js'
import { Balance, ledgerEntities } from '../read-model/ledger-entities.js'
import { databases } from '../support/databases.js'

const PROJECTORS = 16
const MESSAGES = 1_000
const ACCOUNTS = 200

describe.each(databases().filter(({ name }) => name !== 'SQLite in memory'))(
  'many handlers of the same messages on $name',
  (database) => {
    let dataSource: DataSource

    beforeAll(async () => {
      dataSource = await database.openWith(ledgerEntities)
    })
    afterAll(() => database.close(dataSource))

    it(`14.4 ${PROJECTORS} projectors handle the same ${MESSAGES} messages: each takes effect once, none deadlocks`, async () => {
      const isPostgres = dataSource.options.type === 'postgres'
      // On Postgres each has a pool of its own, as in processes of their own.
      const others = isPostgres
        ? await Promise.all(
            Array.from({ length: 3 }, () => new DataSource({ ...dataSource.options }).initialize()),
          )
        : []
      const stores = [dataSource, ...others].map((each) => new EventStore(each))
      const setUp = stores[0]!
      await setUp.unitOfWork((work) => {
        for (let account = 0; account < ACCOUNTS; account++) {
          work.insert(Balance, { id: `account-${account}`, owner: 'x', amount: 0 })
        }
      })
      let handled = 0
      const project = async (projector: number): Promise<void> => {
        const store = stores[projector % stores.length]!
        for (let step = 0; step < MESSAGES; step++) {
          // Everybody begins elsewhere, so that they meet in every order.
          const message = (step + projector * 61) % MESSAGES
          const [one, two] = [message % ACCOUNTS, (message + 3) % ACCOUNTS]
          const outcome = await store.handleOnce(
            { consumer: 'balances', messageId: `m-${message}` },
            async (work) => {
              for (const account of [one, two]) {
                const row = (await work.find(Balance, { id: `account-${account}` }))!
                row.amount += 1
                work.sync(row)
              }
            },
            { retry: { attempts: 1_000, maxDelayMs: 50 } },
          )
          if (outcome === 'handled') handled += 1
        }
      }
      await Promise.all(Array.from({ length: PROJECTORS }, (_, projector) => project(projector)))
      expect(handled).toBe(MESSAGES)
      const rows = await dataSource.getRepository(Balance).find()
      expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(2 * MESSAGES)
      await Promise.all(others.map((other) => other.destroy()))
    }, 240_000)
  },
)
