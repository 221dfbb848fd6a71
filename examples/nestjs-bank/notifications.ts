import { Logger } from '@nestjs/common'
import type { OutboxMessage } from '../../src/index.js'
import { OutboxPublisher } from '../../src/nestjs/index.js'
import type { PublishesMessages } from '../../src/nestjs/index.js'

/** Tells the world of transfers: here the log, elsewhere a broker. A message may come again, so it is told by its id. */
@OutboxPublisher()
export class Notifications implements PublishesMessages {
  readonly told = new Map<string, OutboxMessage>()
  private readonly logger = new Logger(Notifications.name)

  async publish(message: OutboxMessage): Promise<void> {
    if (this.told.has(message.messageId)) return
    this.told.set(message.messageId, message)
    this.logger.log(`${message.type} ${JSON.stringify(message.payload)}`)
    await Promise.resolve()
  }
}
