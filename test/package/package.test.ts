import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cleanUp, freshDatabase, freshFolder } from '../migrations/fresh-database.js'
import type { Driver } from '../migrations/fresh-database.js'
import { blocksOf, documents, printedOf } from './doc-blocks.js'
import { attempt, compile, createApp, pack, root, run } from './fixture-app.js'
import type { Environment, Outcome, Tarball } from './fixture-app.js'

jest.setTimeout(300_000)

/** Applications that install the packed module from npm's point of view, each with its own node_modules. */
const apps = [
  { fixture: 'typeorm-0.3-commonjs', typeorm: 'typeorm-0.3', drivers: ['sqlite', 'better-sqlite3'] },
  { fixture: 'typeorm-1-esm', typeorm: 'typeorm', drivers: ['better-sqlite3'] },
] as const

let folder: string
let tarball: Tarball
const at = (fixture: string, ...path: string[]): string => join(folder, fixture, ...path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-package-'))
  tarball = await pack(folder)
  await Promise.all(
    apps.map(async ({ fixture, typeorm }) => {
      await createApp(at(fixture), tarball, fixture, typeorm)
      await compile(at(fixture), at(fixture))
    }),
  )
})

afterEach(cleanUp)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the package contains what its manifest points to, and nothing of the tests', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly main: string
    readonly types: string
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  }
  const targets = [manifest.main, manifest.types, ...Object.values(manifest.exports)]
    .flatMap((target) => (typeof target === 'string' ? target : Object.values(target)))
    .map((target) => target.replace(/^\.\//, ''))
  expect(tarball.paths).toEqual(expect.arrayContaining([...targets, 'LICENSE', 'README.md', 'CHANGELOG.md']))
  expect(
    tarball.paths.filter((path) => !/^(dist\/(src|entities|migrations)\/|docs\/|[^/]+$)/.test(path)),
  ).toEqual([])
})

describe.each(apps)('an application on $fixture', ({ fixture, typeorm, drivers }) => {
  const cli = async (parameters: readonly string[], environment: Environment): Promise<Outcome> =>
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

  test.each(drivers)('runs on %s with the compiled module and strict types', async (driver) => {
    const file = join(await freshFolder(), 'data/bank.db')
    const said = await run(at(fixture), process.execPath, ['app.js', file, driver])
    expect(said).toBe('bank is sound\n')
  })

  test('10.6 loads no database driver when the module is imported', async () => {
    const program = `
      const loaded = () => Object.keys(require.cache).filter((path) => /node_modules.(pg|sqlite3|better-sqlite3)./.test(path))
      require('typeorm-sourced'); require('typeorm-sourced/entities'); require('typeorm-sourced/migrations')
      console.log(JSON.stringify(loaded()))`
    await writeFile(at(fixture, 'load.cjs'), program)
    expect(await run(at(fixture), process.execPath, ['load.cjs'])).toBe('[]\n')
  })

  const places: readonly (readonly [Driver, string, Environment])[] = [
    ...drivers.map((driver) => [driver, 'as shipped', {}] as const),
    ['postgres', 'as shipped', {}],
    ['postgres', 'with a schema', { SCHEMA: 'events' }],
    ['postgres', 'with an entityPrefix', { PREFIX: 'app_' }],
  ]

  const environmentOf = async (driver: Driver, more: Environment): Promise<Environment> => {
    const { url, database } = await freshDatabase(driver, more['SCHEMA'])
    return { DRIVER: driver, DATABASE: (url ?? database) as string, ...more }
  }

  test.each(places)(
    '2.3 the command line runs the migrations on %s %s, finds nothing to generate, and reverts them',
    async (driver, _name, more) => {
      const environment = await environmentOf(driver, more)
      await succeed(['migration:run'], environment)
      await succeed(['migration:generate', 'drift', '--check'], environment)
      const said = await succeed(['migration:revert'], environment)
      expect(said).toContain('has been reverted successfully')
      expect((await cli(['migration:generate', 'drift', '--check'], environment)).status).not.toBe(0)
    },
  )

  test.each([drivers[0], 'postgres'] as const)(
    '2.3 for a subclass with one more column the command line generates just that column on %s',
    async (driver) => {
      const environment = await environmentOf(driver, {})
      await succeed(['migration:run'], environment)
      const said = await succeed(['migration:generate', 'add-tenant', '--dryrun'], {
        ...environment,
        EXTENDED: '1',
      })
      const up =
        /async up\(queryRunner.*?\) ?(?:: Promise<void> ?)?\{(.*?)async down/s.exec(said)?.[1] ?? said
      const statements = [...up.matchAll(/queryRunner\.query\(`(.*?)`\)/gs)].map(
        ([, statement]) => statement!,
      )
      if (driver === 'postgres') {
        expect(statements).toEqual(['ALTER TABLE "aggregate_events" ADD "tenant" character varying'])
      } else {
        // SQLite's way to alter a table: a new one, a copy of all rows, and its old name.
        expect(statements.map((statement) => statement.split('(')[0])).toEqual([
          'CREATE TABLE "temporary_aggregate_events" ',
          'INSERT INTO "temporary_aggregate_events"',
          'DROP TABLE "aggregate_events"',
          'ALTER TABLE "temporary_aggregate_events" RENAME TO "aggregate_events"',
        ])
        expect(statements[0]).toContain('"tenant" varchar')
      }
    },
  )

  test('the programs of the documentation compile', async () => {
    await writeDocumentation(at(fixture, 'documentation'))
    await compile(at(fixture), at(fixture, 'documentation'))
  })

  if (typeorm === 'typeorm') {
    test('the programs of the documentation run and print what they say', async () => {
      for (const document of await documents()) {
        for (const { at: where, file, code, printed } of await blocksOf(document)) {
          const program = at(fixture, 'documentation', nameOf(document), file.replace(/ts$/, 'js'))
          expect(existsSync(program)).toBe(true)
          const { url } =
            code.includes(".js'") || code.includes('DATABASE_URL') ? await freshDatabase('postgres') : {}
          const environment = url === undefined ? {} : { DATABASE_URL: url as string }
          const { status, stdout, stderr } = await attempt(
            await freshFolder(),
            process.execPath,
            [program],
            environment,
          )
          expect({ where, status, stderr }).toEqual({ where, status: 0, stderr: '' })
          expect({ where, stdout, printed: printedOf(stdout, printed) }).toEqual({ where, stdout, printed })
        }
      }
    })
  }
})

/** One folder for each document, with one file for each of its blocks. */
async function writeDocumentation(into: string): Promise<void> {
  await writeFiles(into, {
    'package.json': '{ "type": "module" }',
    'tsconfig.json':
      '{ "extends": "../tsconfig.json", "compilerOptions": { "skipLibCheck": true }, "include": ["**/*.ts"] }',
  })
  for (const document of await documents()) {
    const blocks = await blocksOf(document)
    await writeFiles(
      join(into, nameOf(document)),
      Object.fromEntries(blocks.map(({ file, code }) => [file, code])),
    )
  }
}

async function writeFiles(into: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(into, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

function nameOf(document: string): string {
  return document.replace(/^docs\//, '').replace(/\.md$/, '')
}
