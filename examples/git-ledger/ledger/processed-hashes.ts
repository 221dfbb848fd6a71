import { In } from 'typeorm'
import type { DataSource } from 'typeorm'
import { PostgresProcessedMessage, SqliteProcessedMessage } from '../../../entities/index.js'
import type { ProcessedMessageRow } from '../../../entities/index.js'

/** Those of the hashes that a ledger has: each was committed together with a mark that it was processed. */
export async function processedHashes(
  dataSource: DataSource,
  ledger: string,
  hashes: readonly string[],
): Promise<Set<string>> {
  const marks = dataSource.getRepository<ProcessedMessageRow>(
    dataSource.options.type === 'postgres' ? PostgresProcessedMessage : SqliteProcessedMessage,
  )
  const found = await marks.findBy({ consumerName: ledger, messageId: In(hashes) })
  return new Set(found.map(({ messageId }) => messageId))
}
