import { Module } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { ClsPluginTransactional, Propagation, TransactionHost } from '@nestjs-cls/transactional'
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm'
import { ClsModule, ClsModuleOptions } from 'nestjs-cls'
import { DataSource } from 'typeorm'
import { testPropagation } from '../support/propagation.js'

testPropagation('nestjs-cls', async (dataSource) => {
  @Module({ providers: [{ provide: DataSource, useValue: dataSource }], exports: [DataSource] })
  class DatabaseModule {}

  const plugin = new ClsPluginTransactional({
    imports: [DatabaseModule],
    adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource }),
  })
  const options = Object.assign(new ClsModuleOptions(), { plugins: [plugin] })
  const module = await Test.createTestingModule({ imports: [ClsModule.forRoot(options)] }).compile()
  const host = module.get<TransactionHost<TransactionalAdapterTypeOrm>>(TransactionHost)
  const run =
    (propagation: Propagation) =>
    <Result>(work: () => Promise<Result>) =>
      host.withTransaction(propagation, work)
  return {
    storeOptions: { manager: () => host.tx },
    required: run(Propagation.Required),
    requiresNew: run(Propagation.RequiresNew),
    nested: run(Propagation.Nested),
    notSupported: run(Propagation.NotSupported),
    manager: () => host.tx,
    close: () => module.close(),
  }
})
