import { DefaultNamingStrategy } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { EventStore, ReadModelConflictError } from '../../src/index.js'
import { postgres } from '../support/databases.js'
import { Balance, Order, OrderLine } from './ledger-entities.js'

class Shouting extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, embedded: string[]): string {
    // A CHECK of the ledger spells this one.
    if (propertyName === 'amount' || (customName ?? '') !== '') return customName || propertyName
    return super.columnName(propertyName, customName ?? '', embedded).toUpperCase()
  }
}

it('12.5 rows follow the schema, the prefix and the naming strategy of the DataSource', async () => {
  const database = postgres()
  const dataSource = await database.open({
    schema: 'Reading Room',
    entityPrefix: 'pre_',
    namingStrategy: new Shouting(),
    entities: [...postgresEntities, Balance, Order, OrderLine],
  })
  await dataSource.synchronize()
  const store = new EventStore(dataSource)
  await store.unitOfWork((work) => {
    work.insert(Balance, { id: 'a', owner: 'ann', amount: 1 })
    work.upsert(Order, { id: 'o', title: 't', payer: { id: 'a' }, lines: [{ id: 'l', article: 'x' }] })
    work.send({ type: 'named' })
    work.processed('names', 'm')
  })
  await store.unitOfWork(async (work) => {
    const order = (await work.find(Order, { id: 'o' }, { include: ['lines', 'payer'] }))!
    order.lines.push(Object.assign(new OrderLine(), { id: 'k', article: 'y' }))
    order.payer = null
    work.sync(order)
    work.patch(Balance, { id: 'a' }, { amount: 2 }, { expectedVersion: 1 })
  })
  const stale = store.unitOfWork((work) => work.delete(Balance, { id: 'a' }, { expectedVersion: 1 }))
  await expect(stale).rejects.toThrow(ReadModelConflictError)
  const [row] = await dataSource.query<Record<string, unknown>[]>(
    `select * from "Reading Room"."pre_balances"`,
  )
  expect(row).toMatchObject({ ID: 'a', amount: 2, VERSION: 2 })
  expect(await dataSource.getRepository(OrderLine).countBy({ order: { id: 'o' } })).toBe(2)
  await database.close(dataSource)
})
