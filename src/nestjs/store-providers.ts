import type { DiscoveryService } from '@nestjs/core'
import { InvalidArgumentError, isProjection } from '../index.js'
import type { OutboxRelayOptions } from '../index.js'
import { publisherOptionsOf } from './outbox-publisher.js'
import type { PublishesMessages } from './outbox-publisher.js'
import { storeNameOf } from './store-names.js'

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number]

/** The application's providers that belong to one store by their decorators. */
export class StoreProviders {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly storeName: string,
  ) {}

  /** The inline projections. Throws `InvalidArgumentError` for one that does not live as long as the application. */
  projections(): object[] {
    return this.find(isProjection, '@Projection')
  }

  /** The relays of outbox publishers. */
  relays(): OutboxRelayOptions[] {
    const isPublisher = (instance: object): boolean => publisherOptionsOf(instance) !== undefined
    return this.find(isPublisher, '@OutboxPublisher').map((publisher) => ({
      ...publisherOptionsOf(publisher),
      publish: (message) => (publisher as PublishesMessages).publish(message),
    }))
  }

  private find(isWanted: (instance: object) => boolean, decorator: string): object[] {
    const found = new Set<object>()
    for (const wrapper of this.discovery.getProviders()) {
      const instance: unknown = wrapper.instance
      if (typeof instance !== 'object' || instance === null || !isWanted(instance)) continue
      if (storeNameOf(instance) !== this.storeName) continue
      assertLasting(wrapper, decorator)
      found.add(instance)
    }
    return [...found]
  }
}

function assertLasting(wrapper: Wrapper, decorator: string): void {
  const name = `${String(wrapper.name)} (${decorator})`
  if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
    throw new InvalidArgumentError(
      `${name} lives as long as a request, or is made anew for each that injects it. Give it, and what it injects, Nest's ` +
        `default scope; what belongs to a request comes with the events' metadata.`,
    )
  }
  // Nest's own mark of what it has constructed; values are there from the beginning.
  const isConstructed = wrapper.initTime !== undefined || wrapper.metatype === null
  if (!isConstructed) {
    throw new InvalidArgumentError(
      `The store was used before Nest had made ${name}. Commit in onModuleInit() or later, not in constructors and factories.`,
    )
  }
}
