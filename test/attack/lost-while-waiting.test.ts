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

const hold = {
  mark: `insert into processed_messages (consumer_name, message_id, processed_at) values ('c', 'a', now())`,
  row: `insert into views (id, amount) values ('a', 7)`,
}
for (const [shape, held] of [
  ['mark', 'mark'],
  ['mark and message', 'mark'],
  ['mark and rows', 'mark'],
  ['rows', 'row'],
  ['message', undefined],
] as const)
  test(`a client that stops waiting while its commit waits for somebody: ${shape}`, async () => {
    const first = await database.openWith([View])
    const { DataSource: Source } = await import('typeorm')
    const dataSource = await new Source({
      ...first.options,
      extra: { query_timeout: 400 },
    } as never).initialize()
    try {
      const store = new EventStore(dataSource)
      await store.verifySchema()
      const holder = first.createQueryRunner()
      await holder.startTransaction()
      if (held !== undefined) await holder.query(hold[held])
      else
        await holder.query(
          `insert into outbox_messages (message_id, message_type, payload, payload_codec, payload_codec_version, metadata, status, created_at, ordinal, next_available_at, attempts) values ('a', 'x', '1', 'json', 1, '{}', 'pending', now(), 1, now(), 0)`,
        )
      const unit = store.beginUnitOfWork()
      unit.create(Attacked, 'a').add({ amount: 1 })
      if (shape.includes('message')) unit.send({ type: 'x', payload: 1, messageId: 'a' })
      if (shape.includes('mark')) unit.processed('c', 'a')
      if (shape.includes('rows')) unit.upsert(View, { id: 'a', amount: 1 })
      const outcome = await unit.commit().then(
        () => 'ok',
        (e: unknown) => (e as { outcome: string }).outcome,
      )
      await holder.rollbackTransaction()
      await holder.release()
      await sleep(500)
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
  }, 60000)
