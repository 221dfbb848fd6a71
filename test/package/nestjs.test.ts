import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cleanUp, freshFolder } from '../migrations/fresh-database.js'
import { blocksOf, documents, printedOf } from './doc-blocks.js'
import { attempt, compile, fixtures, install, pack, run, versionOf } from './fixture-app.js'
import type { Outcome, Tarball } from './fixture-app.js'

jest.setTimeout(300_000)

const nest = (major: number, ...names: string[]): string[] => names.map((name) => `@nestjs/${name}@^${major}`)

/** Nest applications that install the packed module. `@nestjs/cqrs` and `@nestjs/terminus` are only where they are named. */
const apps = [
  {
    fixture: 'nest-11-commonjs',
    typeorm: 'typeorm-0.3',
    packages: nest(11, 'common', 'core', 'platform-express', 'typeorm'),
  },
  {
    fixture: 'nest-12-esm',
    typeorm: 'typeorm',
    packages: nest(12, 'common', 'core', 'platform-express', 'typeorm', 'cqrs', 'terminus'),
  },
] as const

let folder: string
let tarball: Tarball
const at = (fixture: string, ...path: string[]): string => join(folder, fixture, ...path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-nestjs-'))
  tarball = await pack(folder)
  await Promise.all(
    apps.map(async ({ fixture, typeorm, packages }) => {
      for (const source of [fixture, 'nest-bank'])
        await cp(join(fixtures, source), at(fixture), { recursive: true })
      const others = ['better-sqlite3', 'pg', 'reflect-metadata', 'rxjs', 'typescript', '@types/node']
      await install(at(fixture), [tarball.file, `typeorm@${await versionOf(typeorm)}`, ...packages], others)
      await compile(at(fixture), at(fixture))
    }),
  )
})

afterEach(cleanUp)
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(apps)(
  '18.12 an application on $fixture starts, serves over HTTP, and ends',
  async ({ fixture }) => {
    const database = join(await freshFolder(), 'bank.db')
    const { status, stdout, stderr } = await attempt(at(fixture), process.execPath, ['app.js', database])
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'nest bank is sound\n', stderr: '' })
  },
)

test('18.12 it needs neither @nestjs/cqrs nor @nestjs/terminus, and npm installs neither for it', async () => {
  const installed = await readdir(at('nest-11-commonjs', 'node_modules/@nestjs'))
  expect(installed.sort()).toEqual(['common', 'core', 'platform-express', 'typeorm'])
})

test('18.12 plain applications never load @nestjs/*, even where it is installed', async () => {
  const program = `
    const nest = () => Object.keys(require.cache).filter((path) => /node_modules.(@nestjs|rxjs)./.test(path)).length
    for (const entry of ['', '/entities', '/import', '/migrations', '/testing']) require('typeorm-sourced' + entry)
    console.log(nest())
    require('typeorm-sourced/nestjs')
    console.log(nest() > 0)`
  await writeFile(at('nest-11-commonjs', 'load.cjs'), program)
  expect(await run(at('nest-11-commonjs'), process.execPath, ['load.cjs'])).toBe('0\ntrue\n')
})

test('the programs of the documentation for Nest compile, run and print what they say', async () => {
  const pages = at('nest-12-esm', 'documentation')
  const programs: Program[] = []
  for (const document of await documents()) {
    const page = document.replace(/^docs\//, '').replace(/\.md$/, '')
    const blocks = await blocksOf(document, 'nest')
    if (blocks.length === 0) continue
    for (const { file, code } of [...blocks, ...(await blocksOf(document, 'plain'))])
      await write(join(pages, page, file), code)
    for (const { file, at: where, printed } of blocks)
      programs.push({ where, path: join(pages, page, file.replace(/ts$/, 'js')), printed })
  }
  const compilerOptions = { skipLibCheck: true }
  const tsconfig = { extends: '../tsconfig.json', compilerOptions, include: ['**/*.ts'] }
  await write(join(pages, 'tsconfig.json'), JSON.stringify(tsconfig))
  await compile(at('nest-12-esm'), pages)
  for (const { where, path, printed } of programs.filter((program) => program.printed.length > 0)) {
    const { status, stdout, stderr } = await execute(path)
    const said = { where, status, stderr, printed: printedOf(stdout, printed), stdout }
    expect(said).toEqual({ where, status: 0, stderr: '', printed, stdout })
  }
  // Those that only declare run together: starting Node and Nest for each takes a second.
  const silent = programs.filter((program) => program.printed.length === 0)
  const together = join(pages, 'together.js')
  await write(together, silent.map(({ path }) => `await import(${JSON.stringify(path)})`).join('\n'))
  expect(await execute(together)).toMatchObject({ status: 0, stderr: '' })
})

interface Program {
  readonly where: string
  readonly path: string
  readonly printed: readonly string[]
}

async function execute(program: string): Promise<Outcome> {
  return attempt(await freshFolder(), process.execPath, [program])
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
