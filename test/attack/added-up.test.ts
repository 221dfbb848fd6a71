import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { createPostgresDatabase, postgres } from '../support/databases.js'

@Aggregate('attacked', { snapshots: { every: 2 } })
class Attacked extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number; text?: string }): void {
    this.amount += event.amount
  }
}

@Entity('views')
class View {
  @PrimaryColumn({ type: 'varchar' }) id!: string
  @Column({ type: 'int' }) amount!: number
}
void createPostgresDatabase
const database = postgres()

test('rows and a message without the entity for messages: nothing is written', async () => {
  const first = await database.openWith([View])
  const entities = first.entityMetadatas
    .filter(({ tableName }) => tableName !== 'outbox_messages' && tableName !== 'processed_messages')
    .map(({ target }) => target as new () => object)
  const { url } = first.options as { url: string }
  const lacking = await new DataSource({ type: 'postgres', url, entities }).initialize()
  try {
    for (const what of ['message', 'mark']) {
      for (const options of [{}, { coalesceCommits: false }, { preparedStatements: false }]) {
        const id = what + JSON.stringify(options)
        const store = new EventStore(lacking, options)
        const attempt = async () => {
          const unit = store.beginUnitOfWork()
          const a = unit.create(Attacked, id)
          a.add({ amount: 1 })
          unit.upsert(View, { id, amount: 1 })
          if (what === 'mark') unit.processed('c', id)
          else unit.send({ type: 'x', payload: 1 })
          return unit.commit().then(
            () => 'ok',
            (e: unknown) => (e as Error).constructor.name,
          )
        }
        const attemptWithoutRows = async () => {
          const unit = store.beginUnitOfWork()
          const a = unit.create(Attacked, 'z' + id)
          a.add({ amount: 1 })
          if (what === 'mark') unit.processed('c', id)
          else unit.send({ type: 'x', payload: 1 })
          return unit.commit().then(
            () => 'ok',
            (e: unknown) => (e as Error).constructor.name,
          )
        }
        const outcome = [await attempt(), await attemptWithoutRows()]
        const rows = await first.query(
          `select aggregate_id from aggregate_events where aggregate_id in ($1, $2)`,
          [id, 'z' + id],
        )
        console.log(id, outcome, rows)
      }
    }
  } finally {
    await lacking.destroy()
    await database.close(first)
  }
}, 60000)

test('many updates and units, with snapshots, messages, marks and NUL, add up', async () => {
  const dataSource = await database.open({ extra: { max: 10 } } as never)
  try {
    const stores = [
      new EventStore(dataSource),
      new EventStore(dataSource),
      new EventStore(dataSource, { preparedStatements: false }),
    ]
    const work: Promise<unknown>[] = []
    let n = 0
    for (let i = 0; i < 240; i++) {
      const store = stores[i % 3]!
      const id = `id-${i % 7}`
      work.push(
        i % 2 === 0
          ? store.repository(Attacked).update(
              id,
              (a) => {
                a.add({ amount: 1, text: 'x\u0000\ud800' })
                a.add({ amount: 1 })
              },
              { orCreate: true, retry: { attempts: 100 } },
            )
          : store.handleOnce(
              { consumer: 'c', messageId: `m${n++ % 60}` },
              async (w) => {
                const a = (await w.load(Attacked, id)) ?? w.create(Attacked, id)
                a.add({ amount: 1 })
                w.send({ type: 'sent', payload: { i } })
              },
              { retry: { attempts: 100 } } as never,
            ),
      )
    }
    const settled = await Promise.allSettled(work)
    const bad = settled
      .filter((s) => s.status === 'rejected')
      .map((s) => String((s as PromiseRejectedResult).reason))
    const handled = settled.filter((s) => s.status === 'fulfilled' && s.value === 'handled').length
    const [{ e }] = (await dataSource.query(`select count(*)::int as e from aggregate_events`)) as [
      { e: number },
    ]
    const [{ m }] = (await dataSource.query(`select count(*)::int as m from outbox_messages`)) as [
      { m: number },
    ]
    const [{ p }] = (await dataSource.query(`select count(*)::int as p from processed_messages`)) as [
      { p: number },
    ]
    console.log({ bad, handled, e, m, p })
    expect({ e, m, p, handled }).toEqual({ e: 240 + 60, m: 60, p: 60, handled: 60 })
    let last = 0
    const seen = new Map<string, number>()
    for await (const event of stores[0]!.readAll()) {
      expect(event.position).toBeGreaterThan(last)
      last = event.position
      expect(event.sequence).toBe((seen.get(event.aggregateId) ?? 0) + 1)
      seen.set(event.aggregateId, event.sequence)
    }
    for (const level of ['repeatable read', 'serializable']) {
      await dataSource.query(
        `alter database ${((await dataSource.query('select current_database() as d')) as { d: string }[])[0]!.d} set default_transaction_isolation = '${level}'`,
      )
      const other = await new DataSource({ ...dataSource.options } as never).initialize()
      const some = [new EventStore(other), new EventStore(other)]
      const before = (
        (await dataSource.query(`select count(*)::int as e from aggregate_events`)) as { e: number }[]
      )[0]!.e
      const again = await Promise.allSettled(
        Array.from({ length: 120 }, (_, i) =>
          i % 2 === 0
            ? some[Math.floor(i / 2) % 2]!.repository(Attacked).update(
                `id-${i % 7}`,
                (a) => {
                  a.add({ amount: 1 })
                },
                { retry: { attempts: 200 } },
              )
            : some[Math.floor(i / 2) % 2]!.handleOnce(
                { consumer: level, messageId: `m${i % 30}` },
                async (w) => {
                  const a = await w.load(Attacked, `id-${i % 7}`)
                  a!.add({ amount: 1 })
                },
                { retry: { attempts: 200 } } as never,
              ),
        ),
      )
      const failed = again
        .filter((s) => s.status === 'rejected')
        .map((s) => String((s as PromiseRejectedResult).reason))
      const after = (
        (await dataSource.query(`select count(*)::int as e from aggregate_events`)) as { e: number }[]
      )[0]!.e
      console.log(level, failed, after - before)
      expect(after - before).toBe(60 + 15)
      await other.destroy()
    }
  } finally {
    await database.close(dataSource)
  }
}, 60000)
