import { DefaultNamingStrategy } from 'typeorm'
import { describeContract } from '../../src/testing/index.js'
import { databases, postgres } from '../support/databases.js'

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
