import type { DataSource } from 'typeorm'
import type { AggregateEventRow, AggregateSnapshotRow } from '../../entities/index.js'
import { EventStore } from '../index.js'
import type { EventStoreOptions } from '../index.js'
import { aggregatesContract } from './contract/aggregates.js'
import { commitsContract } from './contract/commits.js'
import type { TestFramework } from './contract/contract-context.js'
import { hostingContract } from './contract/hosting.js'
import { payloadsContract } from './contract/payloads.js'
import { readingContract } from './contract/reading.js'
import { retriesContract } from './contract/retries.js'
import { snapshotsContract } from './contract/snapshots.js'
import { streamsContract } from './contract/streams.js'

export type { TestFramework } from './contract/contract-context.js'

/** What to run the contract against. `Event`, `Snapshot`: the host's entities, if they add columns. */
export interface ContractTarget<
  Event extends object = AggregateEventRow,
  Snapshot extends object = AggregateSnapshotRow,
> {
  /** Gives an initialized DataSource with the module's tables; called once, before the tests. */
  open(): Promise<DataSource>
  /** Called once after the tests. @defaultValue destroys the DataSource */
  close?(dataSource: DataSource): Promise<void>
  /**
   * Options of every store that the tests make. Sources of own columns have to do with any event: those of the tests have no
   * metadata of yours.
   */
  readonly options?: EventStoreOptions<Event, Snapshot>
}

/**
 * Declares the module's own contract suite: what docs/guarantees.md promises, as tests against your database,
 * your entities and your options. It works with any test framework that has describe, it, beforeAll and afterAll,
 * and only adds streams under types that begin with `contract`.
 *
 * @example
 * import { describe, it, beforeAll, afterAll } from '@jest/globals'
 * describeContract({ describe, it, beforeAll, afterAll }, 'my database', { open: () => openMyDataSource() })
 */
export function describeContract<
  Event extends object = AggregateEventRow,
  Snapshot extends object = AggregateSnapshotRow,
>(framework: TestFramework, name: string, target: ContractTarget<Event, Snapshot>): void {
  const { describe, it } = framework
  let opened: DataSource | undefined
  let shared: EventStore | undefined
  const dataSource = (): DataSource => {
    if (opened === undefined) throw new Error('The DataSource is not open yet.')
    return opened
  }
  const store = (options?: EventStoreOptions): EventStore => {
    const own = target.options as EventStoreOptions | undefined
    if (options !== undefined) return new EventStore(dataSource(), { ...own, ...options })
    return (shared ??= new EventStore(dataSource(), own))
  }
  describe(name, () => {
    framework.beforeAll(async () => {
      opened = await target.open()
    })
    framework.afterAll(async () => {
      await (target.close === undefined ? dataSource().destroy() : target.close(dataSource()))
    })
    const context = { describe, it, store, dataSource }
    streamsContract(context)
    commitsContract(context)
    payloadsContract(context)
    readingContract(context)
    aggregatesContract(context)
    retriesContract(context)
    snapshotsContract(context)
    hostingContract(context)
  })
}
