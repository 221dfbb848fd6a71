import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { Aggregate, AggregateRoot, EventStore, openSqlite, Records } from '../../src/index.js'

@Aggregate('account', { snapshots: { every: 3 } })
class Account extends AggregateRoot {
  balance = 0
  @Records('opened') open(): void {}
  @Records('deposited', { when: (_a: Account, e: { amount: number }) => e.amount > 0 })
  deposit(e: { amount: number }): void { this.balance += e.amount }
}
async function run(ds: DataSource) {
  const store = new EventStore(ds)
  const accounts = store.repository(Account)
  const a = accounts.create('a')
  a.open(); a.deposit({ amount: 5 }); a.deposit({ amount: -5 })
  const c = await accounts.commit(a)
  console.log(c)
  const b = accounts.create('b'); b.open()
  a.deposit({ amount: 7 })
  console.log(await store.commit([a, b]))
  const l = await accounts.load('a')
  console.log(l, l?.version)
  const stale = (await accounts.load('a'))!
  a.deposit({ amount: 1 }); await accounts.commit(a)
  stale.deposit({ amount: 2 })
  await expect(accounts.commit(stale)).rejects.toThrow(/expected at version 3 and is at 4/)
  b.deposit({amount: 1})
  await expect(store.commit([b, (await accounts.load('a', {version: 2}))!])).rejects.toThrow(/expected at version 2 and is at 4/)
  await store.commit([b, a])
  for await (const e of store.readAll({})) console.log(e.position, e.aggregateId, e.sequence, e.name, e.payload)
  for await (const id of accounts.listIds()) console.log(id)
}
test('sqlite', async () => { const ds = await openSqlite(':memory:'); await run(ds); await ds.destroy() })
test('pg', async () => {
  const ds = new DataSource({ type: 'postgres', url: process.env['TEST_DATABASE_URL']!, entities: [...postgresEntities], migrations: [...sourcedMigrations] })
  await ds.initialize(); await ds.runMigrations(); await run(ds); await ds.undoLastMigration(); await ds.destroy()
})
