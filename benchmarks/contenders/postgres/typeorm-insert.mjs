import { randomUUID } from 'node:crypto'
import { AGGREGATE_TYPE, deposits, EVENT_NAME } from '../../account.mjs'
import { TYPEORM, TYPEORM_SAVE } from '../names.mjs'
import { PostgresAggregateEvent } from '../../module.mjs'
import { BalanceRow, balances } from './balance-row.mjs'
import { createUnguardedTables } from './unguarded-tables.mjs'

export const typeormInsert = {
  key: 'typeorm_insert',
  name: TYPEORM,
  guarantees:
    'the same rows without any event store: the unique key refuses a taken version, nothing else is checked',
  open: async (url) => {
    const dataSource = await createUnguardedTables(url)
    const events = dataSource.getRepository(PostgresAggregateEvent)
    return {
      stream: (id) => {
        let version = 0
        return {
          ...streamOf(id, (rows) => events.insert(rows)),
          commitWithRows: async (length) => {
            await dataSource.transaction(async (manager) => {
              await manager.getRepository(PostgresAggregateEvent).insert(rows(id, version, deposits(1)))
              await manager.getRepository(BalanceRow).save(balances(id, length))
            })
            version += 1
          },
        }
      },
      upsertRows: (id, length) => dataSource.getRepository(BalanceRow).upsert(balances(id, length), ['id']),
      load: async (aggregateId) => {
        const found = await events.find({
          where: { aggregateType: AGGREGATE_TYPE, aggregateId },
          order: { sequence: 'ASC' },
        })
        return found.reduce((balance, { payload }) => balance + payload.amount, 0)
      },
      close: () => dataSource.destroy(),
    }
  },
}

/** What `save` does with the same rows: it looks for them first, and opens a transaction. */
export const typeormSave = {
  key: 'typeorm_save',
  name: TYPEORM_SAVE,
  guarantees: 'the same rows, checked by nothing: `save` overwrites a version that is taken',
  open: async (url) => {
    const dataSource = await createUnguardedTables(url)
    const events = dataSource.getRepository(PostgresAggregateEvent)
    return {
      stream: (id) => streamOf(id, (rows) => events.save(rows)),
      close: () => dataSource.destroy(),
    }
  },
}

function streamOf(id, store) {
  let version = 0
  return {
    commit: async (length) => {
      await store(rows(id, version, deposits(length)))
      version += length
    },
  }
}

function rows(aggregateId, version, payloads) {
  const commitId = randomUUID()
  return payloads.map((payload, nth) => ({
    aggregateType: AGGREGATE_TYPE,
    aggregateId,
    sequence: version + nth + 1,
    commitId,
    eventName: EVENT_NAME,
    eventVersion: 1,
    payload,
    payloadCodec: 'json',
    payloadCodecVersion: 1,
    metadata: {},
  }))
}
