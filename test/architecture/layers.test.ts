import { emptyNames, forbiddenImports, importCycles, strayStatements, tooLong } from './rules.js'
import type { Step } from './rules.js'
import { importsOf, readSources } from './source-files.js'
import type { Files } from './source-files.js'

/** From the bottom up. */
const STAIRCASE: readonly Step[] = [
  { path: 'src/model/', mayImport: [] },
  { path: 'src/errors/', mayImport: ['src/model/'] },
  { path: 'src/sql/', mayImport: ['src/model/'] },
  { path: 'src/serialization/', mayImport: ['src/model/', 'src/errors/'] },
  {
    path: 'src/aggregate/',
    mayImport: ['src/model/', 'src/errors/', 'src/serialization/'],
    packages: ['node'],
  },
  {
    path: 'src/runner/',
    mayImport: ['src/model/', 'src/errors/', 'src/sql/', 'entities/', 'migrations/event-triggers.ts'],
    packages: ['node', 'typeorm'],
  },
  {
    path: 'src/locks/',
    mayImport: ['src/model/', 'src/errors/', 'src/runner/'],
    mayImportTypes: ['src/sql/'],
    packages: ['node'],
    typesOfPackages: ['typeorm'],
  },
  {
    path: 'src/read-model/',
    mayImport: ['src/model/', 'src/errors/', 'src/runner/'],
    mayImportTypes: ['src/sql/'],
    typesOfPackages: ['typeorm'],
  },
  {
    path: 'src/commit/',
    mayImport: [
      'src/model/',
      'src/errors/',
      'src/serialization/',
      'src/aggregate/',
      'src/runner/',
      'src/read-model/',
    ],
    mayImportTypes: ['src/sql/'],
    packages: ['node'],
  },
  {
    path: 'src/reading/',
    mayImport: ['src/model/', 'src/errors/', 'src/serialization/', 'src/aggregate/', 'src/runner/'],
    mayImportTypes: ['src/sql/'],
    packages: ['node'],
  },
  {
    path: 'src/*',
    mayImport: [
      'src/*',
      'src/model/',
      'src/errors/',
      'src/serialization/',
      'src/aggregate/',
      'src/runner/',
      'src/locks/',
      'src/read-model/',
      'src/commit/',
      'src/reading/',
    ],
    packages: ['node'],
    typesOfPackages: ['typeorm'],
  },
  {
    path: 'src/index.ts',
    mayImport: [
      'src/*',
      'src/model/',
      'src/errors/',
      'src/serialization/',
      'src/aggregate/',
      'src/runner/',
      'src/locks/',
      'src/read-model/',
      'src/commit/',
      'src/reading/',
      'src/sql/',
    ],
    packages: ['reflect-metadata'],
  },
  {
    path: 'src/outbox.ts',
    mayImport: ['src/*', 'src/model/', 'src/errors/', 'src/serialization/', 'src/runner/'],
    mayImportTypes: ['src/sql/'],
  },
  {
    path: 'src/open-sqlite.ts',
    mayImport: ['src/options.ts', 'src/errors/', 'src/runner/', 'entities/', 'migrations/'],
    packages: ['node', 'typeorm'],
  },
  {
    path: 'src/testing/',
    mayImport: ['src/index.ts', 'entities/index.ts', 'migrations/index.ts'],
    packages: ['node'],
    typesOfPackages: ['typeorm'],
  },
  {
    path: 'src/import/',
    mayImport: [
      'src/model/',
      'src/errors/',
      'src/sql/',
      'src/serialization/',
      'src/runner/',
      'src/commit/plan-changes.ts',
      'src/commit/extend-changes.ts',
      'src/options.ts',
    ],
    packages: ['node'],
    typesOfPackages: ['typeorm'],
  },
  {
    path: 'src/cli/',
    mayImport: ['src/errors/', 'src/runner/', 'entities/'],
    packages: ['node'],
    typesOfPackages: ['typeorm'],
  },
  // A side door: nothing imports it, so plain applications never load Nest. @nestjs/cqrs and terminus are only shapes to it.
  {
    path: 'src/nestjs/',
    mayImport: ['src/index.ts'],
    packages: ['node', '@nestjs/common', '@nestjs/core', '@nestjs/typeorm', 'rxjs'],
    typesOfPackages: ['typeorm'],
  },
  { path: 'entities/', mayImport: [], packages: ['typeorm'] },
  { path: 'migrations/', mayImport: ['entities/'], packages: ['typeorm'] },
]

const PLACES_OF_SQL = [
  'src/sql/',
  'migrations/',
  'src/open-sqlite.ts',
  // Ids that look like statements, to show that they are stored as they are.
  'src/testing/contract/streams.ts',
]
const MOST_LINES = 300

const files = readSources(['src', 'entities', 'migrations'])

describe('the module is a staircase', () => {
  it('has sources on every step', () => {
    for (const { path } of STAIRCASE) {
      const place = path.replace(/\*$/, '')
      expect([path, [...files.keys()].some((file) => file.startsWith(place))]).toEqual([path, true])
    }
  })

  it('imports only go down', () => {
    expect(forbiddenImports(files, STAIRCASE)).toEqual([])
  })

  it('SQL is written in src/sql and the migrations only', () => {
    expect(strayStatements(files, PLACES_OF_SQL)).toEqual([])
  })

  it('no file or folder has a name that says nothing', () => {
    expect(emptyNames(files)).toEqual([])
  })

  it(`no file is longer than ${MOST_LINES} lines`, () => {
    expect(tooLong(files, MOST_LINES)).toEqual([])
  })

  it('no files import each other in a circle', () => {
    expect(importCycles(files, { types: false })).toEqual([])
  })

  it('only the store and its repositories refer to each other as types', () => {
    expect(importCycles(files, { types: true })).toEqual([
      'src/aggregate-repository.ts → src/event-store.ts → src/aggregate-repository.ts',
    ])
  })
})

describe('the check of the staircase', () => {
  const tree = (sources: Record<string, string>): Files => new Map(Object.entries(sources))
  const steps: readonly Step[] = [
    { path: 'src/low/', mayImport: [] },
    { path: 'src/high/', mayImport: ['src/low/'], mayImportTypes: ['src/side/'], packages: ['node', 'pg'] },
    { path: 'src/side/', mayImport: [], typesOfPackages: ['typeorm'] },
    { path: 'src/*', mayImport: ['src/high/'] },
    { path: 'src/door.ts', mayImport: ['src/low/a.ts'] },
  ]
  const base = { 'src/low/a.ts': '', 'src/high/b.ts': '', 'src/side/c.ts': '' }
  const problemsOf = (path: string, text: string): string[] =>
    forbiddenImports(tree({ ...base, [path]: text }), steps)

  it.each([
    ['a step below', 'src/high/x.ts', `import { a } from '../low/a.js'`],
    ['its own folder', 'src/high/x.ts', `export * from './b.js'`],
    ['types of a neighbour, if the table says so', 'src/high/x.ts', `import type { C } from '../side/c.js'`],
    ['types one by one', 'src/high/x.ts', `import { type C, type D } from '../side/c.js'`],
    ['exported types', 'src/high/x.ts', `export type { C } from '../side/c.js'`],
    ['a package', 'src/high/x.ts', `import { Client } from 'pg'`],
    ['Node.js', 'src/high/x.ts', `import { readFile } from 'node:fs/promises'`],
    ['types of a package', 'src/side/x.ts', `import type { DataSource } from 'typeorm'`],
    ['what only its file may', 'src/door.ts', `import { a } from './low/a.js'`],
  ])('lets a file import %s', (_, path, text) => {
    expect(problemsOf(path, text)).toEqual([])
  })

  it.each([
    ['a step above', 'src/low/x.ts', `import { b } from '../high/b.js'`, 'src/high/b.ts'],
    [
      'types of a step above',
      'src/low/x.ts',
      `import type { B } from '../high/b.js'`,
      'the types of src/high/b.ts',
    ],
    ['a neighbour', 'src/side/x.ts', `import { a } from '../low/a.js'`, 'src/low/a.ts'],
    ['more than types', 'src/high/x.ts', `import { type C, d } from '../side/c.js'`, 'src/side/c.ts'],
    ['a default beside types', 'src/high/x.ts', `import c, { type D } from '../side/c.js'`, 'src/side/c.ts'],
    ['a namespace', 'src/high/x.ts', `import * as c from '../side/c.js'`, 'src/side/c.ts'],
    ['for the effects', 'src/low/x.ts', `import '../side/c.js'`, 'src/side/c.ts'],
    ['by exporting', 'src/low/x.ts', `export { c } from '../side/c.js'`, 'src/side/c.ts'],
    ['by exporting everything', 'src/low/x.ts', `export * from '../side/c.js'`, 'src/side/c.ts'],
    ['dynamically', 'src/low/x.ts', `const c = await import('../side/c.js')`, 'src/side/c.ts'],
    ['by require()', 'src/low/x.ts', `const c = require('../side/c.js')`, 'src/side/c.ts'],
    ['by import =', 'src/low/x.ts', `import c = require('../side/c.js')`, 'src/side/c.ts'],
    ['inside a type', 'src/low/x.ts', `type C = import('../side/c.js').C`, 'the types of src/side/c.ts'],
    ['a package', 'src/side/x.ts', `import { DataSource } from 'typeorm'`, 'typeorm'],
    ['Node.js', 'src/low/x.ts', `import fs from 'fs'`, 'fs'],
    ['a file that is not there', 'src/high/x.ts', `import { z } from '../low/z.js'`, 'src/low/z.ts'],
    ['what only its neighbour file may', 'src/other.ts', `import { a } from './low/a.js'`, 'src/low/a.ts'],
    ['what only its folder may', 'src/door.ts', `import { b } from './high/b.js'`, 'src/high/b.ts'],
  ])('finds a file that imports %s', (_, path, text, target) => {
    expect(problemsOf(path, text)).toEqual([`${path} must not import ${target}`])
  })

  it('finds a file that belongs to no step', () => {
    expect(problemsOf('src/new/x.ts', '')).toEqual(['src/new/x.ts belongs to no step'])
  })

  it('does not take comments and strings for imports', () => {
    const text = `// import { b } from '../high/b.js'\nexport const example = "import { b } from '../high/b.js'"`
    expect(importsOf('src/low/x.ts', text)).toEqual([])
  })

  it.each([
    `'select 1'`,
    '`SELECT ${columns} FROM ${table}`',
    '`insert into ${table} values (1)`',
    `'INSERT OR IGNORE INTO t VALUES (1)'`,
    '`update ${table} set x = 1`',
    '`delete\n  from ${table}`',
    `'create table x (y int)'`,
    `'drop trigger z'`,
    `'PRAGMA journal_mode = WAL'`,
    `'savepoint a'`,
  ])('finds the statement in %s', (literal) => {
    const found = tree({ 'src/high/x.ts': `run(${literal})`, 'src/sql/y.ts': `run(${literal})` })
    expect(strayStatements(found, ['src/sql/'])).toHaveLength(1)
  })

  it('takes neither comments nor prose for statements', () => {
    const prose = `
      // select the newest
      throw new Error('Update the entity, delete the file or create a migration. Selected: ' + selection)
      import { select } from './select.js'`
    expect(strayStatements(tree({ 'src/high/x.ts': prose }), [])).toEqual([])
  })

  it('finds names that say nothing', () => {
    const found = tree({
      'src/utils/a.ts': '',
      'src/sql/helpers.ts': '',
      'src/common.ts': '',
      'src/uncommon-events.ts': '',
      'src/sql/helpers-of-none.ts': '',
    })
    expect(emptyNames(found)).toEqual(['src/utils/a.ts', 'src/sql/helpers.ts', 'src/common.ts'])
  })

  it('finds files that are too long', () => {
    const found = tree({ 'src/a.ts': 'x\n'.repeat(300), 'src/b.ts': 'x\n'.repeat(301) })
    expect(tooLong(found, 300)).toEqual(['src/b.ts has 301 lines, at most 300 are allowed'])
  })

  it('finds circles, those of types on demand', () => {
    const found = tree({
      'src/a.ts': `import './b.js'`,
      'src/b.ts': `import './c.js'\nimport type { D } from './d.js'`,
      'src/c.ts': `import './a.js'`,
      'src/d.ts': `import './b.js'`,
      'src/e.ts': `import './a.js'`,
    })
    expect(importCycles(found, { types: false })).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
    expect(importCycles(found, { types: true })).toEqual([
      'src/a.ts → src/b.ts → src/c.ts → src/a.ts',
      'src/b.ts → src/d.ts → src/b.ts',
    ])
  })
})
