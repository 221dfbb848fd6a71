import type { DataSource } from 'typeorm'
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  runInTransaction,
} from 'typeorm-transactional'
import { importEvents } from '../../src/import/index.js'
import { postgres } from '../support/databases.js'

initializeTransactionalContext()
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
const rawInsert = (id: string, sequence: number): string => `insert into aggregate_events
  (aggregate_type, aggregate_id, sequence, commit_id, event_name, event_version, payload, payload_codec, payload_codec_version, metadata)
  values ('attacked', '${id}', ${sequence}, gen_random_uuid(), 'added', 1, '{"amount":1}', 'json', 1, '{}')`

const events = (sequenced: boolean) =>
  [1, 2, 3].map((sequence) => ({
    aggregateType: 'attacked',
    aggregateId: 'a',
    name: 'added',
    payload: { amount: 1 },
    ...(sequenced ? { sequence } : {}),
  }))

test('an import inside a propagated transaction leaves the guard on for the host', async () => {
  const dataSource = await database.open()
  addTransactionalDataSource({ name: 'imp', dataSource })
  try {
    let refused = true
    await runInTransaction(
      async () => {
        await importEvents({ target: dataSource, events: events(true) })
        await dataSource.manager.query(rawInsert('gap', 7)).then(
          () => {
            refused = false
          },
          () => undefined,
        )
      },
      { connectionName: 'imp' },
    ).catch((e: unknown) => console.log(e))
    console.log(await sequences(dataSource, 'a'), await sequences(dataSource, 'gap'))
    expect(refused).toBe(true)
  } finally {
    deleteDataSourceByName('imp')
    await database.close(dataSource)
  }
})

test('a batch whose COMMIT is answered too late is not written twice', async () => {
  const dataSource = await database.open({ extra: { query_timeout: 400 } } as never)
  try {
    await dataSource.query(`create function slow() returns trigger language plpgsql as $$ begin
      if new.sequence = 1 then perform pg_sleep(1); end if; return null; end $$`)
    await dataSource.query(`create constraint trigger z_slow after insert on aggregate_events deferrable initially deferred
      for each row execute function slow()`)
    const outcome = await importEvents({ target: dataSource, events: events(false) }).then(
      (r) => r,
      (e: unknown) => e,
    )
    console.log(outcome)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    const found = await sequences(dataSource, 'a')
    console.log(found)
    expect(found.length).toBeLessThanOrEqual(3)
  } finally {
    await database.close(dataSource)
  }
})
