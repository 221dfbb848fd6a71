import type { EventEmitter } from 'node:events'
import type { DataSource } from 'typeorm'

const watched = new WeakSet<EventEmitter>()

/**
 * Sees to it that the loss of a connection never ends the host's process. A client of pg that loses its connection while
 * nobody listens for its errors does that; the pool listens to idle clients and TypeORM to those in use, but there is a
 * moment between the two in which a server that ends the session at once finds nobody.
 */
export function keepClientErrors(dataSource: DataSource): void {
  const { master } = dataSource.driver as { readonly master?: EventEmitter }
  if (master === undefined || watched.has(master)) return
  watched.add(master)
  // The next statement on such a client fails, and says why.
  master.on('connect', (client: EventEmitter) => client.on('error', () => undefined))
}
