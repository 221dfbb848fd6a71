import { setTimeout as sleep } from 'node:timers/promises'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { postgres } from '../support/databases.js'

@Aggregate('attacked')
class Attacked extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number }): void {
    this.amount += event.amount
  }
}

@Entity('views')
class View {
  @PrimaryColumn({ type: 'varchar' }) id!: string
  @Column({ type: 'int' }) amount!: number
}
const database = postgres()

for (const shape of ['events', 'mark', 'message', 'mark and message', 'rows', 'rows and message'])
  test(`a client that stops waiting while its commit ends: ${shape}`, async () => {
    const first = await database.openWith([View])
    const { DataSource: Source } = await import('typeorm')
    const dataSource = await new Source({
      ...first.options,
      extra: { query_timeout: 400 },
    } as never).initialize()
    try {
      // The commit itself takes a second, as it does when it waits for a synchronous standby.
      await first.query(`create function slow() returns trigger language plpgsql as $$ begin
        perform pg_sleep(1); return null; end $$`)
      await first.query(`create constraint trigger z_slow after insert on aggregate_events deferrable initially deferred
        for each row execute function slow()`)
      const store = new EventStore(dataSource)
      await store.verifySchema()
      const unit = store.beginUnitOfWork()
      unit.create(Attacked, 'a').add({ amount: 1 })
      if (shape.includes('message')) unit.send({ type: 'x', payload: 1 })
      if (shape.includes('mark')) unit.processed('c', 'a')
      if (shape.includes('rows')) unit.upsert(View, { id: 'a', amount: 1 })
      const outcome = await unit.commit().then(
        () => 'ok',
        (e: unknown) => (e as { outcome: string }).outcome,
      )
      await sleep(1500)
      const [{ n }] = (await first.query('select count(*)::int as n from aggregate_events')) as [
        { n: number },
      ]
      console.log(shape, outcome, n)
      if (outcome === 'not-written') expect(n).toBe(0)
      if (outcome === 'ok') expect(n).toBe(1)
    } finally {
      await dataSource.destroy()
      await database.close(first)
    }
  }, 30000)
