import { PostgresOutboxMessage, SqliteOutboxMessage } from '../../../entities/index.js'
import type { OutboxMessageRow } from '../../../entities/index.js'
import type { EventStore } from '../../../src/index.js'

/** The outbox messages of a game, in the order in which they are to be published. Reading them leaves them as they are. */
export async function outboxMessages({ dataSource }: EventStore, game: string): Promise<OutboxMessageRow[]> {
  const entity = dataSource.options.type === 'postgres' ? PostgresOutboxMessage : SqliteOutboxMessage
  const rows = await dataSource
    .getRepository<OutboxMessageRow>(entity)
    .find({ order: { createdAt: 'asc', ordinal: 'asc' } })
  return rows.filter(({ sourceId }) => sourceId?.startsWith(`${game}/`))
}
