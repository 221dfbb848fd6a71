import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import * as entities from '../../entities/index.js'
import * as importer from '../../src/import/index.js'
import * as migrations from '../../migrations/index.js'
import * as main from '../../src/index.js'
import * as nestjs from '../../src/nestjs/index.js'
import * as testing from '../../src/testing/index.js'
import { ROOT } from './source-files.js'

/** What each entry of the package exports: values, and what is only a type. A change here is a change for hosts. */
const PUBLIC_API = {
  'src/index.ts': {
    values: [
      'Aggregate',
      'AggregateNotFoundError',
      'AggregateRepository',
      'AggregateRoot',
      'Applies',
      'ConcurrentWriteError',
      'DomainEvent',
      'DuplicateMessageError',
      'DuplicateOutboxMessageError',
      'DuplicateStreamError',
      'EventStore',
      'FeedStalledError',
      'FunctionalAggregate',
      'FunctionalAggregateType',
      'InvalidArgumentError',
      'InvalidPayloadError',
      'InvalidStreamIdentityError',
      'LockTimeoutError',
      'On',
      'Outbox',
      'OutboxClaimError',
      'OutboxRelay',
      'Projection',
      'ReadModelConflictError',
      'ReadModelNotFoundError',
      'ReadModelPlanError',
      'ReadModelRows',
      'Records',
      'ReplayError',
      'SchemaError',
      'SourcedError',
      'StorageError',
      'UnitOfWork',
      'UnsupportedCodecError',
      'UpcastError',
      'defineAggregate',
      'defineProjection',
      'isProjection',
      'openSqlite',
      'project',
      'withMetadata',
    ],
    types: [
      'AggregateClass',
      'AggregateClassOptions',
      'AggregateFunctions',
      'AggregateOptions',
      'BytesCodec',
      'ClaimOptions',
      'Codec',
      'CodecContext',
      'ColumnFilter',
      'Commit',
      'CommitListener',
      'CommitOutcome',
      'CommittedStream',
      'EventClass',
      'EventColumnSources',
      'EventColumns',
      'EventOptions',
      'EventSource',
      'EventStoreOptions',
      'ExpectedVersion',
      'FindRowOptions',
      'HandleOutcome',
      'Host',
      'JsonCodec',
      'KeepsEvents',
      'KeyOf',
      'LoadOptions',
      'LockOptions',
      'LockedWork',
      'MessageSource',
      'Metadata',
      'NewEvent',
      'NewOutboxMessage',
      'OpenSqliteOptions',
      'OutboxClaim',
      'OutboxColumnSources',
      'OutboxCounts',
      'OutboxMessage',
      'OutboxRelayOptions',
      'OutboxRetry',
      'OutboxSource',
      'ProcessedMark',
      'ProcessedMessage',
      'ProjectionHandler',
      'ReadAllOptions',
      'ReadStreamOptions',
      'RecordedEvent',
      'RecordsOptions',
      'RelayedStore',
      'RetryPolicy',
      'RowExpectation',
      'RowKey',
      'RowOf',
      'SnapshotColumnSources',
      'SnapshotOptions',
      'SnapshotSource',
      'StreamAppend',
      'StreamIdentity',
      'UnitOfWorkOptions',
      'UnitOfWorkResult',
      'Upcaster',
      'UpdateOptions',
      'Warning',
      'WithColumns',
      'WriteOutcome',
    ],
  },
  'entities/index.ts': {
    values: [
      'EVENT_ENTITY',
      'LOCK_ENTITY',
      'OUTBOX_ENTITY',
      'PROCESSED_MESSAGE_ENTITY',
      'PostgresAggregateEvent',
      'PostgresAggregateLock',
      'PostgresAggregateSnapshot',
      'PostgresOutboxMessage',
      'PostgresProcessedMessage',
      'SNAPSHOT_ENTITY',
      'SqliteAggregateEvent',
      'SqliteAggregateLock',
      'SqliteAggregateSnapshot',
      'SqliteOutboxMessage',
      'SqliteProcessedMessage',
      'eventEntity',
      'postgresEntities',
      'snapshotEntity',
      'sqliteEntities',
    ],
    types: [
      'AggregateEventRow',
      'AggregateLockRow',
      'AggregateSnapshotRow',
      'Dialect',
      'EventEntityOptions',
      'OutboxMessageRow',
      'OutboxMessageStatus',
      'PayloadType',
      'ProcessedMessageRow',
      'SnapshotEntityOptions',
    ],
  },
  'migrations/index.ts': {
    values: [
      'CreateEventStore1763683200000',
      'CreateMessaging1763769600000',
      'adoptTables',
      'createMessagingTables',
      'installEventGuards',
      'removeEventGuards',
      'sourcedMigrations',
      'withoutEventGuards',
    ],
    types: [],
  },
  'src/import/index.ts': {
    values: [
      'ImportConflictError',
      'ImportEventError',
      'ImportRefusedError',
      'ImportVerificationError',
      'importEvents',
      'importSourcedRepo',
    ],
    types: [
      'EventToImport',
      'ImportAnomaly',
      'ImportAnomalyKind',
      'ImportEventsOptions',
      'ImportEventsReport',
      'ImportOptions',
      'ImportProgress',
      'ImportReport',
      'ImportedStream',
      'MappedClass',
      'MappedEvent',
      'SourcedEvent',
      'SourcedSnapshot',
      'SourcedStream',
    ],
  },
  'src/nestjs/index.ts': {
    values: [
      'ForEventStore',
      'InjectAggregateRepository',
      'InjectEventStore',
      'OutboxPublisher',
      'RequestMetadataInterceptor',
      'SourcedExceptionFilter',
      'SourcedHealthIndicator',
      'SourcedModule',
      'getAggregateRepositoryToken',
      'getEventStoreToken',
      'recordedEventOf',
    ],
    types: [
      'CommittedEventBus',
      'HealthOptions',
      'MetadataOfRequest',
      'OutboxPublisherOptions',
      'PublishesMessages',
      'SourcedModuleAsyncOptions',
      'SourcedModuleOptions',
      'SourcedModulePlace',
      'SourcedOptionsFactory',
      'StatusesByCode',
      'StoreHealth',
    ],
  },
  'src/testing/index.ts': { values: ['describeContract'], types: ['ContractTarget', 'TestFramework'] },
} as const

type Entry = keyof typeof PUBLIC_API

const modules: Record<Entry, object> = {
  'src/index.ts': main,
  'entities/index.ts': entities,
  'migrations/index.ts': migrations,
  'src/import/index.ts': importer,
  'src/nestjs/index.ts': nestjs,
  'src/testing/index.ts': testing,
}
const entries = Object.keys(PUBLIC_API) as Entry[]

describe('the public API', () => {
  const program = programOf(entries)

  it.each(entries)('of %s has these values', (entry) => {
    expect(Object.keys(modules[entry]).sort()).toEqual(PUBLIC_API[entry].values)
  })

  it.each(entries)('of %s has these types', (entry) => {
    const values = Object.keys(modules[entry])
    expect(exportsOf(program, entry).filter((name) => !values.includes(name))).toEqual(
      PUBLIC_API[entry].types,
    )
  })
})

describe('the package', () => {
  interface Manifest {
    readonly main: string
    readonly types: string
    readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  }
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

  it('exports exactly the entries whose API is listed here', () => {
    const sources = Object.values(manifest.exports)
      .filter((target) => typeof target === 'object')
      .map((target) => target.default.replace('./dist/', '').replace(/\.js$/, '.ts'))
    expect(sources.sort()).toEqual([...entries].sort())
  })

  it('names files that the build creates, code and types of the same source', () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === 'string') {
        expect([target, existsSync(join(ROOT, target))]).toEqual([target, true])
      } else {
        const source = target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')
        expect([source, existsSync(join(ROOT, source))]).toEqual([source, true])
        expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
      }
    }
  })

  it('is found by tools that do not know its exports', () => {
    expect(manifest.exports['.']).toEqual({ types: manifest.types, default: manifest.main })
  })
})

describe('10.6 importing the package', () => {
  /** Loads an entry in a process of its own and tells what that started. */
  const script = `
    const { DataSource, getMetadataArgsStorage } = require('typeorm')
    getMetadataArgsStorage() // a global of TypeORM's, where decorators of entities leave their notes
    for (const method of ['initialize', 'buildMetadatas', 'createQueryRunner']) {
      DataSource.prototype[method] = () => { throw new Error('a DataSource was used') }
    }
    void [process.stdout, process.stderr] // opened at their first use, by whoever asks for them
    const look = () => ({
      resources: process.getActiveResourcesInfo().sort(),
      listeners: process.eventNames().map(String).sort(),
      env: JSON.stringify(process.env),
      globals: Object.getOwnPropertyNames(globalThis).sort(),
    })
    const before = look()
    require(process.argv[1])
    const after = look()
    const loaded = Object.keys(require.cache).map((file) => file.split(/[\\\\/]node_modules[\\\\/]/).at(-1))
    const drivers = loaded.filter((file) => /^(pg|pg-pool|better-sqlite3|sqlite3)[\\\\/]/.test(file))
    console.log(JSON.stringify({ before, after, drivers }))
  `
  interface Report {
    readonly before: object
    readonly after: object
    readonly drivers: readonly string[]
  }

  it.each(entries)(
    '10.6 from %s opens, listens to and schedules nothing, loads no driver, and lets the process end',
    async (entry) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--require', require.resolve('tsx/cjs'), '--eval', script, join(ROOT, entry)],
        { cwd: ROOT, timeout: 50_000, env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
      )
      const { before, after, drivers } = JSON.parse(stdout) as Report
      expect(after).toEqual(before)
      expect(drivers).toEqual([])
    },
  )
})

function programOf(paths: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object
  }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT)
  return ts.createProgram(
    paths.map((path) => join(ROOT, path)),
    options,
  )
}

function exportsOf(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker()
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, entry))!)
  return checker
    .getExportsOfModule(symbol!)
    .map(({ name }) => name)
    .sort()
}
