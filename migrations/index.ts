import { CreateEventStore1763683200000 } from './1763683200000-create-event-store.js'
import { CreateMessaging1763769600000 } from './1763769600000-create-messaging.js'

export { adoptTables } from './adopt-tables.js'
export { installEventGuards, removeEventGuards, withoutEventGuards } from './event-guards.js'
export { createMessagingTables } from './1763769600000-create-messaging.js'
export { CreateEventStore1763683200000, CreateMessaging1763769600000 }

/**
 * The history of the module's tables, for Postgres and SQLite alike: put it into a DataSource's `migrations`
 * beside your own. Released migrations never change.
 *
 * @example
 * new DataSource({ …, migrations: [...sourcedMigrations, 'migrations/*.js'] })
 */
export const sourcedMigrations = [CreateEventStore1763683200000, CreateMessaging1763769600000] as const
