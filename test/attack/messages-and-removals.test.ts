import { DataSource } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { withoutEventGuards } from '../../migrations/index.js'
import { importEvents } from '../../src/import/index.js'
import { postgres, sqliteMemory } from '../support/databases.js'

@Aggregate('attacked')
class Attacked extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number }): void {
    this.amount += event.amount
  }
}

const database = postgres()

async function sequences(of: DataSource, id: string): Promise<number[]> {
  const rows = (await of.query(
    `select sequence from aggregate_events where aggregate_id = $1 order by sequence`,
    [id],
  )) as {
    sequence: number
  }[]
  return rows.map(({ sequence }) => sequence)
}

test('handleOnce without the entity for messages writes nothing', async () => {
  const first = await database.open()
  const entities = first.entityMetadatas
    .filter(({ tableName }) => tableName !== 'outbox_messages')
    .map(({ target }) => target as new () => object)
  const { url } = first.options as { url: string }
  const lacking = await new DataSource({ type: 'postgres', url, entities }).initialize()
  try {
    const store = new EventStore(lacking)
    const accounts = store.repository(Attacked)
    const a = accounts.create('a')
    a.add({ amount: 1 })
    await accounts.commit(a)
    const error = await store
      .handleOnce({ consumer: 'c', messageId: 'm' }, async (work) => {
        const found = await work.load(Attacked, 'a')
        found!.add({ amount: 1 })
        work.send({ type: 'x', payload: 1 })
      })
      .catch((e: unknown) => e)
    console.log('handleOnce', error)
    console.log('marks', await first.query('select * from processed_messages'))
    expect(await sequences(first, 'a')).toEqual([1])
  } finally {
    await lacking.destroy()
    await database.close(first)
  }
}, 60000)

test('the class of error for a message that was handled before', async () => {
  const dataSource = await database.open()
  try {
    for (const options of [{}, { coalesceCommits: false }, { preparedStatements: false }]) {
      const store = new EventStore(dataSource, options)
      const id = JSON.stringify(options)
      const a = store.repository(Attacked).create(id)
      a.add({ amount: 1 })
      await store.commit(a)
      const units = await Promise.all(
        [1, 2].map(async () => {
          const unit = store.beginUnitOfWork()
          const found = await unit.load(Attacked, id)
          found!.add({ amount: 1 })
          unit.processed('c', id)
          return unit
        }),
      )
      await units[0]!.commit()
      console.log(id, await units[1]!.commit().catch((e: unknown) => (e as Error).constructor.name))
    }
    for (const options of [{}, { coalesceCommits: false }]) {
      const store = new EventStore(dataSource, options)
      const id = 'h' + JSON.stringify(options)
      const a = store.repository(Attacked).create(id)
      a.add({ amount: 1 })
      await store.commit(a)
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () =>
          store
            .handleOnce({ consumer: 'c', messageId: id }, async (work) => {
              const found = await work.load(Attacked, id)
              found!.add({ amount: 1 })
            })
            .catch((e: unknown) => (e as Error).constructor.name),
        ),
      )
      console.log(outcomes.join())
      expect(await sequences(dataSource, id)).toEqual([1, 2])
    }
  } finally {
    await database.close(dataSource)
  }
}, 60000)

test('events that are removed between two batches of an import leave no gap', async () => {
  const dataSource = await database.open()
  try {
    const event = (sequence: number) => ({
      aggregateType: 'attacked',
      aggregateId: 'a',
      name: 'added',
      payload: { amount: 1 },
      sequence,
    })
    let progress!: () => void
    const firstWritten = new Promise<void>((r) => {
      progress = r
    })
    async function* events() {
      yield event(1)
      yield event(2)
      await firstWritten
      const runner = dataSource.createQueryRunner()
      await withoutEventGuards(runner, () =>
        runner.query(`delete from aggregate_events where aggregate_id = 'a'`),
      )
      await runner.release()
      yield event(3)
    }
    const outcome = await importEvents({
      target: dataSource,
      events: events(),
      batchSize: 2,
      onProgress: () => {
        progress()
      },
    }).then(
      (r) => r,
      (e: unknown) => e,
    )
    console.log(outcome)
    expect(await sequences(dataSource, 'a')).toEqual([])
  } finally {
    await database.close(dataSource)
  }
})

test('imports beside writers of the same streams leave no gap', async () => {
  const dataSource = await database.open({ extra: { max: 20 } } as never)
  try {
    const store = new EventStore(dataSource)
    const stop = { now: false }
    const writer = async () => {
      while (!stop.now) {
        const id = `s${Math.floor(Math.random() * 5)}`
        await store
          .append({
            aggregateType: 'attacked',
            aggregateId: id,
            expectedVersion: 'any',
            events: [
              { name: 'added', payload: { amount: 1 } },
              { name: 'added', payload: { amount: 1 } },
            ],
          } as never)
          .catch((e: unknown) => console.log(e))
      }
    }
    const writers = [writer(), writer()]
    const imports = await Promise.all(
      [1, 2].map(() =>
        importEvents({
          target: dataSource,
          batchSize: 20,
          events: Array.from({ length: 400 }, (_, n) => ({
            aggregateType: 'attacked',
            aggregateId: `s${n % 5}`,
            name: 'added',
            payload: { amount: 1 },
          })),
        }).then(
          (r) => r,
          (e: unknown) => String(e),
        ),
      ),
    )
    stop.now = true
    await Promise.all(writers)
    console.log(imports)
    for (let n = 0; n < 5; n++) {
      const found = await sequences(dataSource, `s${n}`)
      expect(found).toEqual(found.map((_, i) => i + 1))
    }
  } finally {
    await database.close(dataSource)
  }
}, 60000)

test('SQLite without the outbox entity writes nothing', async () => {
  const dataSource = await sqliteMemory().open()
  void dataSource
  const { entityMetadatas } = dataSource
  const index = entityMetadatas.findIndex(({ tableName }) => tableName === 'outbox_messages')
  ;(entityMetadatas as unknown as unknown[]).splice(index, 1)
  const store = new EventStore(dataSource)
  const attempt = async (id: string) => {
    const a = store.repository(Attacked).create(id)
    a.add({ amount: 1 })
    const unit = store.beginUnitOfWork()
    unit.add(a)
    unit.send({ type: 'x', payload: 1 })
    return unit.commit().then(
      () => 'ok',
      (e: unknown) => (e as Error).constructor.name,
    )
  }
  console.log(await Promise.all(['a', 'b'].map(attempt)))
  const rows = (await dataSource.query(`select count(*) as n from aggregate_events`)) as { n: number }[]
  expect(Number(rows[0]!.n)).toBe(0)
  await dataSource.destroy()
})
