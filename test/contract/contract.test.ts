import { DefaultNamingStrategy } from 'typeorm'
import { describeContract } from '../../src/testing/index.js'
import { Tenant, tenantEvent, tenantSnapshot, withTenants } from '../integration/extended-entities.js'
import { databases, postgres, sqliteMemory } from '../support/databases.js'

for (const database of databases()) {
  describeContract({ describe, it, beforeAll, afterAll }, database.name, {
    open: () => database.open(),
    close: (dataSource) => database.close(dataSource),
  })
}

/** A strategy as hosts use them: it moves every name that is not explicit. */
class Shouting extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return customName ?? super.columnName(propertyName, '', prefixes).toUpperCase()
  }
}

/** A host's entities, with a column that every row needs and payloads of each other type. */
for (const [database, payload] of [
  [postgres(), 'text'],
  [postgres(), 'jsonb'],
  [sqliteMemory(), 'text'],
] as const) {
  const { dialect } = database
  const [TenantEvent, TenantSnapshot] = [tenantEvent(dialect, payload), tenantSnapshot(dialect, payload)]
  describeContract(
    { describe, it, beforeAll, afterAll },
    `${database.name} with extended entities and payloads of type ${payload}`,
    {
      open: async () => withTenants(await database.openWith([Tenant, TenantEvent, TenantSnapshot])),
      close: (dataSource) => database.close(dataSource),
      options: {
        eventEntity: TenantEvent,
        snapshotEntity: TenantSnapshot,
        eventColumns: { tenantId: () => 'a', tier: ({ event }) => (event === undefined ? null : 'low') },
        snapshotColumns: { tenantId: () => 'a' },
      },
    },
  )
}

const elsewhere = postgres()
describeContract(
  { describe, it, beforeAll, afterAll },
  'Postgres with a schema, a prefix and a naming strategy',
  {
    open: () =>
      elsewhere.open({ schema: 'Event Store', entityPrefix: 'Our-', namingStrategy: new Shouting() }),
    close: (dataSource) => elsewhere.close(dataSource),
    options: { preparedStatements: false },
  },
)
