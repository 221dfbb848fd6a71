import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  Propagation,
  runInTransaction,
} from 'typeorm-transactional'
import { testPropagation } from '../support/propagation.js'

initializeTransactionalContext()

testPropagation('typeorm-transactional', async (dataSource) => {
  const name = `source-${Math.random()}`
  addTransactionalDataSource({ name, dataSource })
  const run =
    (propagation: Propagation) =>
    <Result>(work: () => Promise<Result>) =>
      runInTransaction(work, { connectionName: name, propagation })
  return {
    storeOptions: {},
    required: run(Propagation.REQUIRED),
    requiresNew: run(Propagation.REQUIRES_NEW),
    nested: run(Propagation.NESTED),
    notSupported: run(Propagation.NOT_SUPPORTED),
    manager: () => dataSource.manager,
    close: async () => {
      deleteDataSourceByName(name)
    },
  }
})
