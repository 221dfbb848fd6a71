import type { OutboxMessage, OutboxRelayOptions } from '../index.js'

/** What publishes the messages of an outbox. */
export interface PublishesMessages {
  /** Publishes one message; rejecting means that it is to be tried again. It may be called again with the same message. */
  publish(message: OutboxMessage): Promise<void>
}

/** How the relay of an injected publisher works. */
export type OutboxPublisherOptions = Omit<OutboxRelayOptions, 'publish'>

const publishers = new WeakMap<object, OutboxPublisherOptions>()

/**
 * Makes a provider the publisher of its store's outbox. A relay hands it every message, from the application's start until
 * it is closed; see `OutboxRelay` for what is promised and for the options.
 *
 * @example
 * @OutboxPublisher({ concurrency: 4 })
 * export class KafkaPublisher implements PublishesMessages {
 *   constructor(private readonly kafka: KafkaClient) {}
 *   async publish(message: OutboxMessage) { await this.kafka.send(message.destination, message) }
 * }
 */
export function OutboxPublisher(
  options: OutboxPublisherOptions = {},
): (target: new (...parameters: never[]) => PublishesMessages) => void {
  return (target) => {
    publishers.set(target.prototype as object, options)
  }
}

/** The options of an instance's class, if it is a publisher. */
export function publisherOptionsOf(instance: object): OutboxPublisherOptions | undefined {
  for (
    let type: unknown = Object.getPrototypeOf(instance);
    type !== null;
    type = Object.getPrototypeOf(type)
  ) {
    const options = publishers.get(type as object)
    if (options !== undefined) return options
  }
  return undefined
}
