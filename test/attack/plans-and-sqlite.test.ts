import { Column, DataSource, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { postgres, sqliteMemory } from '../support/databases.js'

@Aggregate('attacked')
class Attacked extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number }): void {
    this.amount += event.amount
  }
}

@Entity('nodes')
class Node {
  @PrimaryColumn({ type: 'varchar' }) id!: string
  @Column({ type: 'varchar', nullable: true }) note!: string | null
  @Column({ type: 'varchar', nullable: true }) parentId!: string | null
  @ManyToOne(() => Node, { nullable: true })
  @JoinColumn({ name: 'parentId' })
  parent?: Node
}

for (const database of [postgres(), sqliteMemory()]) {
  test(`rows that refer to each other in a circle: nothing is written on ${database.name}`, async () => {
    const dataSource = await database.openWith([Node])
    try {
      const store = new EventStore(dataSource)
      const unit = store.beginUnitOfWork()
      const a = unit.create(Attacked, 'a')
      a.add({ amount: 1 })
      unit.insert(Node, { id: 'x', note: null, parentId: 'y' })
      unit.upsert(Node, { id: 'y', note: null, parentId: 'x' })
      const outcome = await unit.commit().then(
        (o) => o,
        (e: unknown) => e,
      )
      console.log(database.name, outcome)
      const rows = (await dataSource.query(`select aggregate_id from aggregate_events`)) as unknown[]
      expect(rows).toEqual([])
    } finally {
      await database.close(dataSource)
    }
  })
}

test('SQLite: commits with extras beside overlapping host transactions, guarded', async () => {
  const dataSource = await sqliteMemory().open()
  const store = new EventStore(dataSource)
  const heard: string[] = []
  store.onCommitted(({ streams }) => {
    heard.push(...streams.map(({ aggregateId }) => aggregateId))
  })
  const commit = async (id: string) => {
    const unit = store.beginUnitOfWork()
    unit.create(Attacked, id).add({ amount: 1 })
    unit.send({ type: 'x', payload: 1 })
    unit.processed('c', id)
    await unit.commit()
  }
  let outside: Promise<unknown> = Promise.resolve()
  const kick = new Promise<void>((r) => {
    outside = r as never
    setTimeout(r, 20)
  })
  const parallel = kick.then(() => Promise.all(['p1', 'p2', 'p3'].map(commit)))
  await dataSource
    .transaction(async (manager) => {
      await manager.query('select 1')
      await commit('in1')
      await Promise.all([commit('in2'), commit('in3')])
      await new Promise((r) => setTimeout(r, 80))
      throw new Error('roll back')
    })
    .catch(() => undefined)
  await parallel
  const ids = (
    (await dataSource.query(`select aggregate_id as id from aggregate_events order by 1`)) as { id: string }[]
  ).map(({ id }) => id)
  expect(ids).toEqual(['p1', 'p2', 'p3'])
  expect(heard.sort()).toEqual(['p1', 'p2', 'p3'])
  await dataSource.destroy()
})

test('SQLite: a COMMIT that fails', async () => {
  const dataSource = await sqliteMemory().openWith([])
  await dataSource.query('pragma foreign_keys = on')
  await dataSource.query('create table p (id text primary key)')
  await dataSource.query('create table c (id text references p(id) deferrable initially deferred)')
  await dataSource.query(
    `create trigger t after insert on outbox_messages when new.message_type = 'bad' begin insert into c values ('missing'); end`,
  )
  const store = new EventStore(dataSource)
  const commit = async (id: string, type: string) => {
    const unit = store.beginUnitOfWork()
    unit.create(Attacked, id).add({ amount: 1 })
    unit.send({ type, payload: 1 })
    return unit.commit().then(
      () => 'ok',
      (e: unknown) => String(e),
    )
  }
  const outcomes = await Promise.all([
    commit('a', 'good'),
    commit('b', 'bad'),
    commit('c', 'good'),
    commit('d', 'good'),
  ])
  const ids = (
    (await dataSource.query(`select aggregate_id as id from aggregate_events order by 1`)) as { id: string }[]
  ).map(({ id }) => id)
  console.log(outcomes, ids)
  expect(ids).toEqual(['a', 'c', 'd'])
  await dataSource.destroy()
})

test('SQLite without the guard: a commit joins the one open transaction', async () => {
  const dataSource = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...sqliteEntities],
    migrations: [...sourcedMigrations],
  } as never).initialize()
  await dataSource.runMigrations()
  const store = new EventStore(dataSource, { guardSqlite: false })
  const heard: string[] = []
  store.onCommitted(({ streams }) => {
    heard.push(...streams.map(({ aggregateId }) => aggregateId))
  })
  await dataSource
    .transaction(async () => {
      const unit = store.beginUnitOfWork()
      unit.create(Attacked, 'in').add({ amount: 1 })
      unit.send({ type: 'x', payload: 1 })
      await unit.commit()
      throw new Error('roll back')
    })
    .catch(() => undefined)
  expect(heard).toEqual([])
  await dataSource.destroy()
})

test('a nested update of the same aggregate', async () => {
  const database = postgres()
  const dataSource = await database.open()
  try {
    const store = new EventStore(dataSource)
    const all = store.repository(Attacked)
    await all.update(
      'a',
      (a) => {
        a.add({ amount: 1 })
      },
      { orCreate: true },
    )
    const started = Date.now()
    let runs = 0
    const outcome = await all
      .update(
        'a',
        async (a) => {
          runs++
          a.add({ amount: 1 })
          await all.update('a', (b) => {
            b.add({ amount: 100 })
          })
        },
        { retry: { attempts: 3 } },
      )
      .then(
        () => 'ok',
        (e: unknown) => (e as Error).constructor.name,
      )
    console.log('nested', outcome, runs, Date.now() - started, (await all.load('a'))!.amount)
    // In a host's transaction
    const inHost = await dataSource.transaction(async (m) => {
      const w = store.within(m).repository(Attacked)
      await w.update('a', (a) => {
        a.add({ amount: 1 })
      })
      return w
        .update('a', async (a) => {
          a.add({ amount: 1 })
          await w.update('a', (b) => {
            b.add({ amount: 1 })
          })
        })
        .then(
          () => 'ok',
          (e: unknown) => (e as Error).constructor.name,
        )
    })
    console.log(inHost)
    const twelve = await Promise.allSettled(
      Array.from({ length: 12 }, () =>
        all.update(
          'fresh',
          (a) => {
            a.add({ amount: 1 })
          },
          { orCreate: true },
        ),
      ),
    )
    expect(twelve.every(({ status }) => status === 'fulfilled')).toBe(true)
    expect((await all.load('fresh'))!.amount).toBe(12)
  } finally {
    await database.close(dataSource)
  }
}, 60000)
