import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataSource } from 'typeorm'
import { runCommand } from '../../src/cli/run-command.js'
import { EventStore } from '../../src/index.js'
import { cleanUp, drivers, freshDatabase, freshFolder, open, sqliteDrivers } from './fresh-database.js'
import type { Driver, Options } from './fresh-database.js'

afterEach(cleanUp)

const FILE = join(__dirname, 'fixtures/data-source.ts')

interface Said {
  readonly status: number
  readonly out: string
  readonly failed: string
}

async function command(...parameters: string[]): Promise<Said> {
  const said = { out: '', failed: '' }
  const status = await runCommand(parameters, {
    out: (text) => void (said.out += text),
    fail: (text) => void (said.failed += text),
  })
  return { status, ...said }
}

async function check(driver: Driver, options: Options): Promise<Said> {
  process.env['SCHEMA_CHECK_OPTIONS'] = JSON.stringify({ type: driver, ...options })
  return command('schema:check', '-d', FILE)
}

/** Statements that no two of the databases spell alike. */
const on = (driver: Driver, postgres: string, sqlite: string): string =>
  driver === 'postgres' ? postgres : sqlite

describe.each(drivers)('schema:check on %s', (driver) => {
  let options: Options
  let dataSource: DataSource

  beforeEach(async () => {
    options = await freshDatabase(driver)
    dataSource = await open(driver, options)
    await dataSource.runMigrations()
  })

  /** What the check says after the statements: its problems, and all of its output. */
  const after = async (...statements: string[]): Promise<{ problems: string[]; out: string }> => {
    for (const statement of statements) await dataSource.query(statement)
    const { status, out, failed } = await check(driver, options)
    expect({ status, failed }).toEqual({ status: 1, failed: '' })
    return { problems: [...out.matchAll(/^- (.*)$/gm)].map(([, problem]) => problem!), out }
  }

  /** The table of a hand-made or altered kind: its own text, with something replaced. */
  const rebuilt = async (table: string, what: RegExp, by: string): Promise<string[]> => {
    const rows: unknown = await dataSource.query(
      `SELECT sql FROM sqlite_master WHERE tbl_name = '${table}' AND sql IS NOT NULL ORDER BY type`,
    )
    const [first, ...triggers] = rows as { readonly sql: string }[]
    const text = first!.sql.replace(what, by)
    expect(text).not.toBe(first!.sql)
    return [`DROP TABLE "${table}"`, text, ...triggers.map(({ sql }) => sql)]
  }

  test('2.9 says that everything is there, and ends with 0', async () => {
    expect(await check(driver, options)).toEqual({
      status: 0,
      out: 'The database fits. Looked at: aggregate_events, aggregate_snapshots, processed_messages, outbox_messages, aggregate_locks.\n',
      failed: '',
    })
  })

  test('2.9 names missing tables and the migrations, and makes none by itself', async () => {
    const { problems, out } = await after('DROP TABLE outbox_messages', 'DROP TABLE aggregate_snapshots')
    expect(problems).toEqual([
      'table aggregate_snapshots does not exist',
      'table outbox_messages does not exist',
    ])
    expect(out).toContain('npx typeorm migration:run -d')
    expect(out).toContain('createMessagingTables(queryRunner)')
    expect((await check(driver, options)).status).toBe(1)
  })

  test('2.9 names a missing column, a host’s own included', async () => {
    expect((await check(driver, { ...options, extended: true })).out).toContain(
      '- table aggregate_events has no column tenant\n',
    )
    const { problems } = await after('ALTER TABLE outbox_messages DROP COLUMN correlation_id')
    expect(problems).toEqual(['table outbox_messages has no column correlation_id'])
  })

  test('2.9 names a missing trigger, and a missing column beside it', async () => {
    const { problems, out } = await after(
      `DROP TRIGGER aggregate_events_contiguous${on(driver, ' ON aggregate_events', '')}`,
      'ALTER TABLE processed_messages RENAME COLUMN processed_at TO handled_at',
    )
    expect(problems).toEqual([
      'table processed_messages has no column processed_at',
      'table aggregate_events lacks the trigger aggregate_events_contiguous that guards its events',
    ])
    expect(out).toContain('installEventGuards(queryRunner)')
  })

  test('2.9 names a missing index, without which the store only is slow', async () => {
    const { problems, out } = await after('DROP INDEX ix_outbox_messages_claimable')
    expect(problems).toEqual([
      'table outbox_messages has no index ix_outbox_messages_claimable (created_at, ordinal)',
    ])
    expect(out).toContain('migration:generate')
    await new EventStore(dataSource).verifySchema()
    await dataSource.query('CREATE INDEX "of another name" ON outbox_messages (created_at, ordinal)')
    expect((await check(driver, options)).status).toBe(0)
  })

  test('2.9 names a column of a type that does not hold what the store writes', async () => {
    const { problems, out } = await after(
      ...(driver === 'postgres'
        ? [
            'ALTER TABLE aggregate_events ALTER COLUMN payload TYPE jsonb USING payload::text::jsonb',
            'ALTER TABLE aggregate_snapshots ALTER COLUMN recorded_at TYPE timestamp',
            'ALTER TABLE aggregate_events ALTER COLUMN payload_codec TYPE varchar(20)',
            // These have room enough.
            'ALTER TABLE aggregate_snapshots ALTER COLUMN payload_codec TYPE text',
            'ALTER TABLE aggregate_snapshots ALTER COLUMN version TYPE bigint',
            'ALTER TABLE processed_messages ALTER COLUMN processed_at TYPE timestamptz',
          ]
        : await rebuilt('aggregate_events', /"payload" json/, '"payload" blob')),
    )
    expect(problems).toEqual(
      driver === 'postgres'
        ? [
            'column payload of table aggregate_events is of type jsonb, json is expected',
            'column payload_codec of table aggregate_events is of type character varying(20), character varying(255) is expected',
            'column recorded_at of table aggregate_snapshots is of type timestamp without time zone, timestamp(3) with time zone is expected',
          ]
        : ['column payload of table aggregate_events is of type blob, json is expected'],
    )
    expect(out).toContain('it drops a column whose type changed, with all that is in it')
    await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(/is expected/)
  })

  test('2.9 names a missing unique key and positions that the database does not number', async () => {
    const { problems } = await after(
      ...(driver === 'postgres'
        ? [
            'ALTER TABLE aggregate_events DROP CONSTRAINT pk_aggregate_events',
            'ALTER TABLE aggregate_events ADD UNIQUE (aggregate_type, aggregate_id, sequence) DEFERRABLE',
            'ALTER TABLE aggregate_events ALTER COLUMN position DROP IDENTITY',
          ]
        : await rebuilt(
            'aggregate_events',
            /AUTOINCREMENT|CONSTRAINT "uq_aggregate_events_stream" UNIQUE \(.*?\),/g,
            '',
          )),
    )
    expect(problems).toContain(
      'table aggregate_events has no unique key (aggregate_type, aggregate_id, sequence)',
    )
    expect(problems).toContain(
      'column position of table aggregate_events is not numbered by the database without using a number twice',
    )
  })

  test('2.9 names columns that every append would leave empty', async () => {
    const { problems } = await after(
      'ALTER TABLE aggregate_locks ADD COLUMN room varchar',
      ...(driver === 'postgres'
        ? ['ALTER TABLE aggregate_snapshots ADD COLUMN region varchar NOT NULL']
        : await rebuilt('aggregate_snapshots', /"metadata"/, '"region" varchar NOT NULL, "metadata"')),
    )
    expect(problems).toEqual([
      'nobody fills the column region of table aggregate_snapshots, which must not be null',
    ])
  })
})

test('2.9 on postgres names a disabled trigger, and one that fires on replicas only', async () => {
  const options = await freshDatabase('postgres')
  const dataSource = await open('postgres', options)
  await dataSource.runMigrations()
  await dataSource.query('ALTER TABLE aggregate_events DISABLE TRIGGER aggregate_events_immutable')
  await dataSource.query('ALTER TABLE aggregate_events ENABLE REPLICA TRIGGER aggregate_events_contiguous')
  const { status, out } = await check('postgres', options)
  expect(status).toBe(1)
  expect(out).toContain(
    'table aggregate_events has disabled the trigger aggregate_events_contiguous, aggregate_events_immutable',
  )
  await expect(new EventStore(dataSource).verifySchema()).rejects.toThrow(/has disabled the trigger/)
})

test('2.9 on postgres looks into the schema and under the prefix that the DataSource names', async () => {
  const options = { ...(await freshDatabase('postgres', 'events')), schema: 'events', entityPrefix: 'app_' }
  expect((await check('postgres', options)).out).toContain(
    '- table events.app_aggregate_events does not exist',
  )
  await (await open('postgres', options)).runMigrations()
  expect(await check('postgres', options)).toMatchObject({ status: 0 })
})

test.each(sqliteDrivers)('2.9 on %s makes no database file', async (driver) => {
  const database = join(await freshFolder(), 'none.db')
  const { status, failed } = await check(driver, { database })
  expect(status).toBe(2)
  expect(failed).toContain(`there is no database file ${database}`)
  expect(existsSync(database)).toBe(false)
})

describe('schema:check ends with 2 when it cannot look', () => {
  test('2.9 at a server that is not there', async () => {
    const { status, failed } = await check('postgres', { url: 'postgres://localhost:1/none' })
    expect(status).toBe(2)
    expect(failed).toMatch(/^The schema could not be checked: .*ECONNREFUSED/)
  })

  test.each([
    ['no command', []],
    ['no file', ['schema:check']],
    ['another command', ['schema:mend', '-d', FILE]],
    ['an unknown option', ['schema:check', '--datasource', FILE]],
  ])('2.9 for %s', async (_name, parameters) => {
    const { status, failed } = await command(...parameters)
    expect(status).toBe(2)
    expect(failed).toMatch(/Usage: typeorm-sourced|Unknown option/)
  })

  test('2.9 for a file that is not there, or exports no DataSource, or two', async () => {
    const folder = await freshFolder()
    expect((await command('schema:check', '-d', join(folder, 'none.js'))).failed).toContain(
      'There is no file',
    )
    await writeFile(join(folder, 'empty.js'), 'module.exports = { options: {} }')
    expect((await command('schema:check', '-d', join(folder, 'empty.js'))).failed).toContain(
      'exports 0 DataSources',
    )
    const mark = `({ '@instanceof': Symbol.for('DataSource') })`
    await writeFile(
      join(folder, 'two.js'),
      `module.exports = { one: ${mark}, other: Promise.resolve(${mark}) }`,
    )
    expect((await command('schema:check', '-d', join(folder, 'two.js'))).failed).toContain(
      'exports 2 DataSources',
    )
  })

  test('2.9 and says how it is used when asked', async () => {
    expect(await command('--help')).toMatchObject({ status: 0, failed: '' })
  })
})
