import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp, freshDatabase } from '../migrations/fresh-database.js'
import type { Driver } from '../migrations/fresh-database.js'
import { attempt, compile, createApp, pack, root, run } from './fixture-app.js'
import type { Environment, Outcome } from './fixture-app.js'

jest.setTimeout(300_000)

/** Where a host has its tables, and how it calls them. */
type Place = readonly [driver: Driver, name: string, environment: Environment]

const EXTENDED: Record<Driver, Place> = {
  postgres: [
    'postgres',
    'with an extended entity, a schema and a prefix',
    { EXTENDED: '1', SCHEMA: 'events', PREFIX: 'app_' },
  ],
  'better-sqlite3': [
    'better-sqlite3',
    'with an extended entity and a prefix',
    { EXTENDED: '1', PREFIX: 'app_' },
  ],
  sqlite: ['sqlite', 'with an extended entity', { EXTENDED: '1' }],
}

/**
 * Applications with tables of their own that install the packed module, each with its own node_modules. Every way is
 * gone with both databases and with both versions of TypeORM, though not with every pair: test/migrations does that.
 */
const apps: readonly {
  readonly fixture: string
  readonly typeorm: 'typeorm' | 'typeorm-0.3'
  readonly shipped: Driver
  readonly generated: readonly Place[]
  readonly adopted: Driver
  readonly upgraded: Driver
}[] = [
  {
    fixture: 'typeorm-0.3-commonjs',
    typeorm: 'typeorm-0.3',
    shipped: 'sqlite',
    generated: [EXTENDED.postgres],
    adopted: 'better-sqlite3',
    upgraded: 'postgres',
  },
  {
    fixture: 'typeorm-1-esm',
    typeorm: 'typeorm',
    shipped: 'postgres',
    generated: [EXTENDED['better-sqlite3'], EXTENDED.postgres],
    adopted: 'postgres',
    upgraded: 'better-sqlite3',
  },
]

let folder: string
const at = (fixture: string, ...path: string[]): string => join(folder, fixture, ...path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-host-'))
  const tarball = await pack(folder)
  await Promise.all(
    apps.map(async ({ fixture, typeorm }) => {
      await createApp(at(fixture), tarball, fixture, typeorm, 'host')
      await compile(at(fixture), at(fixture))
    }),
  )
})

afterEach(cleanUp)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(apps)('a host on $fixture', ({ fixture, typeorm, ...ways }) => {
  const esm = typeorm === 'typeorm'

  const environmentOf = async (driver: Driver, more: Environment): Promise<Environment> => {
    const { url, database } = await freshDatabase(driver, more['SCHEMA'])
    return { DRIVER: driver, DATABASE: (url ?? database) as string, ...more }
  }

  const cli = (parameters: readonly string[], environment: Environment): Promise<Outcome> =>
    attempt(
      at(fixture),
      process.execPath,
      ['node_modules/typeorm/cli.js', ...parameters, '-d', 'data-source.js'],
      environment,
    )

  const succeed = async (parameters: readonly string[], environment: Environment): Promise<string> => {
    const { status, stdout, stderr } = await cli(parameters, environment)
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' })
    return stdout
  }

  const schemaCheck = (environment: Environment): Promise<Outcome> =>
    attempt(
      at(fixture),
      'node_modules/.bin/typeorm-sourced',
      ['schema:check', '-d', 'data-source.js'],
      environment,
    )

  const host = (work: 'append' | 'insert' | 'adopt', environment: Environment): Promise<string> =>
    run(at(fixture), process.execPath, ['host.js', work], environment)

  /** The tables are as the entities want them, and the store works on them. */
  const expectFinished = async (environment: Environment, version: number): Promise<void> => {
    await succeed(['migration:generate', 'drift', '--check'], environment)
    const { status, stdout, stderr } = await schemaCheck(environment)
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: expect.stringContaining('The database fits.') as string,
      stderr: '',
    })
    expect(await host('append', environment)).toBe(`${version}\n`)
  }

  test('2.3 runs the shipped migrations beside its own', async () => {
    const environment = await environmentOf(ways.shipped, { WAY: 'shipped' })
    const before = await schemaCheck(environment)
    // On SQLite there is no file yet, and looking makes none.
    expect(before.status).toBe(ways.shipped === 'postgres' ? 1 : 2)
    await succeed(['migration:run'], environment)
    await expectFinished(environment, 1)
  })

  test.each(ways.generated)(
    '2.3 generates its own migration on %s %s, and is told about the guards',
    async (driver, _name, more) => {
      const migrations = await mkdtemp(at(fixture, 'migrations-'))
      const environment = await environmentOf(driver, { ...more, WAY: 'generated', MIGRATIONS: migrations })
      const file = join(migrations, 'create-events')
      await succeed(['migration:generate', file, '-o', ...(esm ? ['--esm'] : [])], environment)
      await succeed(['migration:run'], environment)
      const unguarded = await schemaCheck(environment)
      expect(unguarded.status).toBe(1)
      expect(unguarded.stdout.match(/^- /gm)).toHaveLength(1)
      expect(unguarded.stdout).toContain(`Call 'await installEventGuards(queryRunner)'`)
      await succeed(['migration:revert'], environment)
      await addGuards(migrations, esm)
      await succeed(['migration:run'], environment)
      await expectFinished(environment, 1)
    },
  )

  test('2.10 adopts tables that synchronize made, with their events', async () => {
    const environment = await environmentOf(ways.adopted, { WAY: 'shipped' })
    await succeed(['schema:sync'], environment)
    await host('insert', environment)
    expect((await schemaCheck(environment)).stdout).toContain('installEventGuards(queryRunner)')
    expect(await host('adopt', environment)).toBe(
      'CreateEventStore1763683200000 CreateMessaging1763769600000\n',
    )
    const { status, stdout, stderr } = await cli(['migration:run'], environment)
    // The application's own migration would make what is there already: it is TypeORM's to record, with --fake.
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('customers')])
    await succeed(['migration:run', '--fake'], environment)
    await expectFinished(environment, 3)
  })

  test('2.3 goes from one shipped migration to the next, with its events', async () => {
    const environment = await environmentOf(ways.upgraded, {})
    await succeed(['migration:run'], { ...environment, WAY: 'first' })
    await host('insert', environment)
    const before = await schemaCheck(environment)
    expect([before.status, before.stdout.match(/^- .*$/gm)]).toEqual([
      1,
      ['processed_messages', 'outbox_messages', 'aggregate_locks'].map(
        (table) => `- table ${table} does not exist`,
      ),
    ])
    expect(await succeed(['migration:run'], environment)).toContain('CreateMessaging1763769600000')
    await expectFinished(environment, 3)
  })

  test('2.9 checks the schema of a DataSource that is written in TypeScript', async () => {
    const environment = await environmentOf('postgres', {})
    const { status, stdout, stderr } = await attempt(
      at(fixture),
      process.execPath,
      [
        join(root, 'node_modules/tsx/dist/cli.mjs'),
        'node_modules/typeorm-sourced/dist/src/cli/main.js',
        'schema:check',
        '-d',
        'data-source.ts',
      ],
      environment,
    )
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout).toContain('- table aggregate_events does not exist')
  })
})

/** What the documentation tells a host to add to the migration that it had generated. */
async function addGuards(migrations: string, esm: boolean): Promise<void> {
  const [name] = await readdir(migrations)
  const file = join(migrations, name!)
  const text = await readFile(file, 'utf8')
  const load = esm
    ? `import { installEventGuards, removeEventGuards } from 'typeorm-sourced/migrations'\n`
    : `const { installEventGuards, removeEventGuards } = require('typeorm-sourced/migrations')\n`
  const guarded = text
    .replace(
      /(async up\(queryRunner\) \{[^]*?)(\n {4}\})/,
      '$1\n        await installEventGuards(queryRunner);$2',
    )
    .replace(/(async down\(queryRunner\) \{)/, '$1\n        await removeEventGuards(queryRunner);')
  expect(guarded.match(/EventGuards\(queryRunner\)/g)).toHaveLength(2)
  await writeFile(file, load + guarded)
}
