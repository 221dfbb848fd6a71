import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm'
import { columnTypes } from './column-types.js'
import type { Dialect } from './dialect.js'

/** That one consumer has handled one message, as TypeORM hydrates it. */
export interface ProcessedMessageRow {
  consumerName: string
  messageId: string
  processedAt: Date
}

/** Marks every class that maps the table of processed messages, whichever way a host extended it. */
export const PROCESSED_MESSAGE_ENTITY = Symbol.for('typeorm-sourced.processed-message-entity')

function processedMessageColumns(
  dialect: Dialect,
): (abstract new () => ProcessedMessageRow) & { readonly [PROCESSED_MESSAGE_ENTITY]: Dialect } {
  const types = columnTypes[dialect]
  const key = { primaryKeyConstraintName: 'pk_processed_messages' }

  @Check('ck_processed_messages_consumer_name', `"consumer_name" <> ''`)
  @Check('ck_processed_messages_message_id', `"message_id" <> ''`)
  abstract class ProcessedMessageColumns implements ProcessedMessageRow {
    static readonly [PROCESSED_MESSAGE_ENTITY] = dialect

    @PrimaryColumn({ name: 'consumer_name', type: 'varchar', length: 255, ...key })
    consumerName!: string

    @PrimaryColumn({ name: 'message_id', type: 'varchar', length: 255, ...key })
    messageId!: string

    @Column({ name: 'processed_at', ...types.recordedAt })
    processedAt!: Date
  }
  return ProcessedMessageColumns
}

/** The table of processed messages on Postgres. */
@Entity('processed_messages')
@Index('ix_processed_messages_processed_at', ['processedAt'])
export class PostgresProcessedMessage extends processedMessageColumns('postgres') {}

/** The table of processed messages on SQLite. */
@Entity('processed_messages')
@Index('ix_processed_messages_processed_at', ['processedAt'])
export class SqliteProcessedMessage extends processedMessageColumns('sqlite') {}
