import type { DataSource } from 'typeorm'
import { Aggregate, AggregateRoot, EventStore, Records } from '../../src/index.js'
import { postgresEntities } from '../../entities/index.js'
import { importEvents } from '../../src/import/index.js'
import { postgres } from '../support/databases.js'

@Aggregate('attacked')
class Attacked extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number }): void {
    this.amount += event.amount
  }
}

const database = postgres()
let dataSource: DataSource

async function sequences(of: DataSource, id: string): Promise<number[]> {
  const rows = (await of.query(
    `select sequence from aggregate_events where aggregate_id = $1 order by sequence`,
    [id],
  )) as {
    sequence: number
  }[]
  return rows.map(({ sequence }) => sequence)
}

const rawInsert = (id: string, sequence: number): string => `insert into aggregate_events
  (aggregate_type, aggregate_id, sequence, commit_id, event_name, event_version, payload, payload_codec, payload_codec_version, metadata)
  values ('attacked', '${id}', ${sequence}, gen_random_uuid(), 'added', 1, '{"amount":1}', 'json', 1, '{}')`

describe('without entities for messages and marks', () => {
  for (const [what, without] of [
    ['outbox', 'outbox_messages'],
    ['marks', 'processed_messages'],
  ] as const) {
    test(`a commit that needs ${what} and cannot have it writes nothing`, async () => {
      const first = await database.open()
      const entities = first.entityMetadatas
        .filter(({ tableName }) => tableName !== without)
        .map(({ target }) => target as new () => object)
      const { url } = first.options as { url: string }
      const { DataSource: Source } = await import('typeorm')
      const lacking = await new Source({ type: 'postgres', url, entities }).initialize()
      try {
        const store = new EventStore(lacking)
        const outcomes: unknown[] = []
        const attempt = async (id: string): Promise<void> => {
          const attacked = store.repository(Attacked).create(id)
          attacked.add({ amount: 1 })
          const unit = store.beginUnitOfWork()
          unit.add(attacked)
          if (what === 'outbox') unit.send({ type: 'x', payload: 1 })
          else unit.processed('c', id)
          await unit.commit().catch((error: unknown) => outcomes.push((error as Error).constructor.name))
        }
        await attempt('a')
        await Promise.all(['b', 'c', 'd', 'e'].map(attempt))
        console.log(what, outcomes)
        expect(await sequences(first, 'a')).toEqual([])
        expect(await sequences(first, 'e')).toEqual([])
      } finally {
        await lacking.destroy()
        await database.close(first)
      }
    })
  }
  void postgresEntities
})

describe('gaps', () => {
  beforeEach(async () => {
    dataSource = await database.open()
  })
  afterEach(() => database.close(dataSource))

  const dropSecond = (): Promise<unknown> =>
    dataSource.query(`create function drop_second() returns trigger language plpgsql as $$ begin
      if new.sequence = 2 then return null; end if; return new; end $$;
      create trigger a_drop_second before insert on aggregate_events for each row execute function drop_second()`)

  test('a trigger of the host that keeps one event of several out leaves no gap: single commit', async () => {
    await dropSecond()
    const store = new EventStore(dataSource)
    const attacked = store.repository(Attacked).create('a')
    for (let i = 0; i < 3; i++) attacked.add({ amount: 1 })
    const outcome = await store.commit(attacked).then(
      (commit) => commit,
      (error: unknown) => error,
    )
    console.log(outcome)
    expect(await sequences(dataSource, 'a')).toEqual([])
  })

  test('the same for an import', async () => {
    await dropSecond()
    const outcome = await importEvents({
      target: dataSource,
      events: [1, 2, 3].map((sequence) => ({
        aggregateType: 'attacked',
        aggregateId: 'a',
        name: 'added',
        payload: { amount: 1 },
        sequence,
      })),
    }).then(
      (r) => r,
      (error: unknown) => error,
    )
    console.log(outcome)
    expect(await sequences(dataSource, 'a')).toEqual([])
  })

  test('a trigger of the host that inserts an event by hand cannot leave a gap', async () => {
    await dataSource.query(`create function echo() returns trigger language plpgsql as $$ begin
      if new.aggregate_id = 'a' then ${rawInsert('echo', 7)}; end if; return null; end $$;
      create trigger z_echo after insert on aggregate_events for each row execute function echo()`)
    const store = new EventStore(dataSource)
    const attacked = store.repository(Attacked).create('a')
    attacked.add({ amount: 1 })
    await store.commit(attacked).catch(() => undefined)
    expect(await sequences(dataSource, 'echo')).toEqual([])
  })

  test('a transaction that the host begins without awaiting keeps its guard', async () => {
    const store = new EventStore(dataSource)
    await store.repository(Attacked).load('x')
    const runner = dataSource.createQueryRunner()
    await runner.connect()
    const within = store.within(runner)
    const attacked = within.repository(Attacked).create('a')
    attacked.add({ amount: 1 })
    const committing = within.commit(attacked)
    await runner.startTransaction()
    await committing
    let refused = true
    await runner.query(rawInsert('gap', 7)).then(
      () => {
        refused = false
      },
      () => undefined,
    )
    await runner.rollbackTransaction()
    await runner.release()
    expect({ refused }).toEqual({ refused: true })
  })
})
