import { describeContract } from '../../src/testing/index.js'
import { databases } from '../support/databases.js'

for (const database of databases()) {
  describeContract({ describe, it, beforeAll, afterAll }, database.name, {
    open: () => database.open(),
    close: (dataSource) => database.close(dataSource),
  })
}
