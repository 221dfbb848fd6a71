import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import type { MessageSource, StagedMessage } from '../../src/model/message.js'
import { resolveOptions } from '../../src/options.js'
import { Outbox } from '../../src/outbox.js'
import type { RelayedStore } from '../../src/outbox-relay.js'
import { Database } from '../../src/runner/database.js'
import type { Host } from '../../src/runner/host.js'
import type { Codec } from '../../src/serialization/codec.js'
import { CodecRegistry } from '../../src/serialization/codec-registry.js'

/** A message to stage, without what does not matter. */
export interface TestMessage {
  readonly messageId?: string
  readonly payload?: unknown
  readonly codec?: string
  readonly availableAt?: Date
  readonly source?: MessageSource
  readonly destination?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The outbox of a DataSource, without a store around it. */
export class TestOutbox implements RelayedStore {
  readonly outbox: Outbox
  private readonly database: Database
  private readonly listeners = new Set<() => void>()
  private readonly registry: CodecRegistry

  constructor(
    readonly dataSource: DataSource,
    codecs: readonly Codec[] = [],
    host?: Host,
  ) {
    this.registry = new CodecRegistry(codecs)
    this.database = new Database(dataSource, resolveOptions({}))
    this.outbox = new Outbox(this.database, this.registry, host)
  }

  get listening(): number {
    return this.listeners.size
  }

  onCommitted(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Gives the ids of messages that existed. */
  async stage(messages: readonly TestMessage[]): Promise<readonly string[]> {
    const existing = await this.database.connect(undefined, (connection) =>
      connection.run(
        connection.statements.outbox!.stage(
          messages.map((each) => this.staged(each)),
          false,
        ),
      ),
    )
    for (const listener of this.listeners) listener()
    return existing
  }

  /** One row of the table, by the names of its columns. */
  async row(messageId: string): Promise<Record<string, unknown>> {
    const id = messageId.replaceAll("'", "''")
    const rows: unknown = await this.dataSource.query(
      `select * from outbox_messages where message_id = '${id}'`,
    )
    return (rows as Record<string, unknown>[])[0]!
  }

  private staged(message: TestMessage): StagedMessage {
    const { messageId = randomUUID(), payload = null, codec = 'json', source } = message
    return {
      messageId,
      type: 'happened',
      payload: this.registry.encode(codec, payload, {
        aggregateType: source?.aggregateType ?? '',
        aggregateId: source?.aggregateId ?? '',
        name: 'happened',
      }),
      destination: message.destination,
      metadata: JSON.stringify(message.metadata ?? {}),
      availableAt: message.availableAt,
      source,
      correlationId: undefined,
      causationId: undefined,
    }
  }
}

/** What a message is about: the stream `account/<id>` at a version. */
export function about(aggregateId: string, sequence: number): { readonly source: MessageSource } {
  return { source: { aggregateType: 'account', aggregateId, sequence } }
}
