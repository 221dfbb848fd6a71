import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm'
import { columnTypes } from './column-types.js'
import type { Dialect } from './dialect.js'

/**
 * Where an outbox message is on its way: waiting, claimed by a worker, published, or given up after its last
 * attempt.
 */
export type OutboxMessageStatus = 'pending' | 'in_flight' | 'published' | 'failed'

/** One message of the outbox, as TypeORM hydrates it. Read it freely; change it through the store's outbox. */
export interface OutboxMessageRow {
  messageId: string
  messageType: string
  payload: unknown
  payloadCodec: string
  payloadCodecVersion: number
  destination: string | null
  metadata: Record<string, unknown>
  status: OutboxMessageStatus
  createdAt: Date
  /** Place among the messages of one commit: 1, 2, 3 … */
  ordinal: number
  nextAvailableAt: Date
  claimedBy: string | null
  /** The end of the claim's lease; from then on another worker may claim the message. */
  claimedUntil: Date | null
  /** How often it was claimed. */
  attempts: number
  lastError: string | null
  publishedAt: Date | null
  failedAt: Date | null
  sourceType: string | null
  sourceId: string | null
  /** The version of the source stream when the message was staged. */
  sourceSequence: number | null
  correlationId: string | null
  causationId: string | null
}

/** Marks every class that maps the outbox, whichever way a host extended it. */
export const OUTBOX_ENTITY = Symbol.for('typeorm-sourced.outbox-entity')

function outboxColumns(
  dialect: Dialect,
): (abstract new () => OutboxMessageRow) & { readonly [OUTBOX_ENTITY]: Dialect } {
  const types = columnTypes[dialect]
  const name = { type: 'varchar', length: 255 } as const

  @Check('ck_outbox_messages_message_id', `"message_id" <> ''`)
  @Check('ck_outbox_messages_message_type', `"message_type" <> ''`)
  @Check('ck_outbox_messages_payload_codec', `"payload_codec" <> ''`)
  @Check('ck_outbox_messages_payload_codec_version', `"payload_codec_version" > 0`)
  @Check('ck_outbox_messages_destination', `"destination" <> ''`)
  @Check('ck_outbox_messages_status', `"status" IN ('pending', 'in_flight', 'published', 'failed')`)
  @Check('ck_outbox_messages_ordinal', `"ordinal" > 0`)
  @Check('ck_outbox_messages_attempts', `"attempts" >= 0 AND ("status" = 'pending' OR "attempts" > 0)`)
  @Check('ck_outbox_messages_claimed_by', `("status" = 'in_flight') = ("claimed_by" IS NOT NULL)`)
  @Check('ck_outbox_messages_claimed_until', `("status" = 'in_flight') = ("claimed_until" IS NOT NULL)`)
  @Check('ck_outbox_messages_published_at', `("status" = 'published') = ("published_at" IS NOT NULL)`)
  @Check('ck_outbox_messages_failed_at', `("status" = 'failed') = ("failed_at" IS NOT NULL)`)
  @Check('ck_outbox_messages_source_id', `("source_type" IS NULL) = ("source_id" IS NULL)`)
  @Check('ck_outbox_messages_source_sequence', `("source_type" IS NULL) = ("source_sequence" IS NULL)`)
  abstract class OutboxColumns implements OutboxMessageRow {
    static readonly [OUTBOX_ENTITY] = dialect

    @PrimaryColumn({ name: 'message_id', ...name, primaryKeyConstraintName: 'pk_outbox_messages' })
    messageId!: string

    @Column({ name: 'message_type', ...name })
    messageType!: string

    @Column({ name: 'payload', type: 'json' })
    payload!: unknown

    @Column({ name: 'payload_codec', ...name })
    payloadCodec!: string

    @Column({ name: 'payload_codec_version', type: 'integer' })
    payloadCodecVersion!: number

    @Column({ name: 'destination', ...name, nullable: true })
    destination!: string | null

    @Column({ name: 'metadata', ...types.metadata })
    metadata!: Record<string, unknown>

    @Column({ name: 'status', type: 'varchar', length: 16 })
    status!: OutboxMessageStatus

    @Column({ name: 'created_at', ...types.stagedAt })
    createdAt!: Date

    @Column({ name: 'ordinal', type: 'integer' })
    ordinal!: number

    @Column({ name: 'next_available_at', ...types.time })
    nextAvailableAt!: Date

    @Column({ name: 'claimed_by', ...name, nullable: true })
    claimedBy!: string | null

    @Column({ name: 'claimed_until', ...types.time, nullable: true })
    claimedUntil!: Date | null

    @Column({ name: 'attempts', type: 'integer', default: 0 })
    attempts!: number

    @Column({ name: 'last_error', type: 'text', nullable: true })
    lastError!: string | null

    @Column({ name: 'published_at', ...types.time, nullable: true })
    publishedAt!: Date | null

    @Column({ name: 'failed_at', ...types.time, nullable: true })
    failedAt!: Date | null

    @Column({ name: 'source_type', ...name, nullable: true })
    sourceType!: string | null

    @Column({ name: 'source_id', ...name, nullable: true })
    sourceId!: string | null

    @Column({ name: 'source_sequence', type: 'integer', nullable: true })
    sourceSequence!: number | null

    @Column({ name: 'correlation_id', ...name, nullable: true })
    correlationId!: string | null

    @Column({ name: 'causation_id', ...name, nullable: true })
    causationId!: string | null
  }
  return OutboxColumns
}

/** What is still to be published; the statements that claim repeat this condition word by word. */
const unpublished = { where: `"status" IN ('pending', 'in_flight')` }
const published = { where: `"status" = 'published'` }

/** The outbox on Postgres. */
@Entity('outbox_messages')
@Index('ix_outbox_messages_claimable', ['createdAt', 'ordinal'], unpublished)
@Index('ix_outbox_messages_source', ['sourceType', 'sourceId', 'sourceSequence'], unpublished)
@Index('ix_outbox_messages_published', ['publishedAt'], published)
export class PostgresOutboxMessage extends outboxColumns('postgres') {}

/** The outbox on SQLite. */
@Entity('outbox_messages')
@Index('ix_outbox_messages_claimable', ['createdAt', 'ordinal'], unpublished)
@Index('ix_outbox_messages_source', ['sourceType', 'sourceId', 'sourceSequence'], unpublished)
@Index('ix_outbox_messages_published', ['publishedAt'], published)
export class SqliteOutboxMessage extends outboxColumns('sqlite') {}
