import { existsSync } from 'node:fs'
import type { DataSource } from 'typeorm'
import {
  EVENT_ENTITY,
  LOCK_ENTITY,
  OUTBOX_ENTITY,
  PROCESSED_MESSAGE_ENTITY,
  SNAPSHOT_ENTITY,
} from '../../entities/index.js'
import { InvalidArgumentError, SchemaError } from '../errors/index.js'
import { schemaProblems } from '../runner/check-schema.js'
import type { SchemaProblem } from '../runner/check-schema.js'
import { dialectOf } from '../runner/database.js'
import { inspectSchema } from '../runner/inspect-schema.js'
import { resolveTables } from '../runner/resolve-tables.js'
import type { TableEntities } from '../runner/resolve-tables.js'
import type { Output } from './output.js'

/** Says whether the database fits the entities, and if not, what is missing and what to run. Changes nothing. */
export async function schemaCheck(dataSource: DataSource, output: Output): Promise<0 | 1> {
  const { tables, problems } = await look(dataSource)
  if (problems.length === 0) {
    output.out(`The database fits. Looked at: ${tables.join(', ')}.\n`)
    return 0
  }
  output.out(`The database does not fit:\n${describe(problems)}`)
  return 1
}

interface Findings {
  readonly tables: readonly string[]
  readonly problems: readonly SchemaProblem[]
}

async function look(dataSource: DataSource): Promise<Findings> {
  await openQuietly(dataSource)
  try {
    const tables = new Set<string>()
    const problems = new Map<string, SchemaProblem>()
    for (const entities of storesOf(dataSource)) {
      const found = await lookAt(dataSource, entities)
      for (const table of found.tables) tables.add(table)
      for (const problem of found.problems) problems.set(problem.problem, problem)
    }
    return { tables: [...tables], problems: [...problems.values()] }
  } finally {
    await dataSource.destroy()
  }
}

/** A DataSource may be told to create or alter something when it is opened. */
async function openQuietly(dataSource: DataSource): Promise<void> {
  if (dataSource.isInitialized) return
  const { type, database } = dataSource.options
  const isFile = type !== 'postgres' && typeof database === 'string' && !/^(:memory:|file:|$)/.test(database)
  if (isFile && !existsSync(database)) {
    throw new InvalidArgumentError(`there is no database file ${database}. Opening it would create it.`)
  }
  dataSource.setOptions({
    synchronize: false,
    dropSchema: false,
    migrationsRun: false,
    installExtensions: false,
    enableWAL: false,
    subscribers: [],
    logging: false,
  })
  await dataSource.initialize()
}

async function lookAt(dataSource: DataSource, entities: TableEntities): Promise<Findings> {
  const dialect = dialectOf(dataSource)
  const runner = dataSource.createQueryRunner('master')
  try {
    const checked = await inspectSchema(runner, dialect, resolveTables(dataSource, dialect, entities))
    const { events, snapshots, others } = checked
    return {
      tables: [events, snapshots, ...others].map(({ metadata }) => metadata.tablePath),
      problems: schemaProblems(dialect, checked),
    }
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const { cure } = error
    return { tables: [], problems: error.problems.map((problem) => ({ problem, cure, needed: true })) }
  } finally {
    await runner.release()
  }
}

/** Several entities may map one kind of table, for several stores; every one of them is looked at. */
function storesOf(dataSource: DataSource): TableEntities[] {
  const marked = (mark: symbol): (new () => object)[] =>
    dataSource.entityMetadatas.flatMap(({ target }) =>
      typeof target === 'function' && mark in target ? [target as new () => object] : [],
    )
  const [events, snapshots] = [marked(EVENT_ENTITY), marked(SNAPSHOT_ENTITY)]
  const [inboxes, outboxes, locks] = [
    marked(PROCESSED_MESSAGE_ENTITY),
    marked(OUTBOX_ENTITY),
    marked(LOCK_ENTITY),
  ]
  const most = Math.max(1, ...[events, snapshots, inboxes, outboxes, locks].map(({ length }) => length))
  return Array.from({ length: most }, (_, nth) => ({
    eventEntity: events[nth] ?? events[0],
    snapshotEntity: snapshots[nth] ?? snapshots[0],
    processedMessageEntity: inboxes[nth] ?? inboxes[0],
    outboxMessageEntity: outboxes[nth] ?? outboxes[0],
    aggregateLockEntity: locks[nth] ?? locks[0],
  }))
}

/** Problems with one cure stand together. */
function describe(problems: readonly SchemaProblem[]): string {
  const cures = [...new Set(problems.map(({ cure }) => cure))]
  return cures
    .map((cure) => {
      const lines = problems.filter((problem) => problem.cure === cure).map(({ problem }) => `- ${problem}\n`)
      return `${lines.join('')}  ${cure}\n`
    })
    .join('')
}
