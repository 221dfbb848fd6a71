import type { Database } from '../runner/database.js'
import type { Host } from '../runner/host.js'
import { DEFAULT_PAGE_SIZE, reading } from './read-stream.js'

/** The ids of one type's streams a page at a time. */
export async function* listStreams(
  database: Database,
  host: Host | undefined,
  aggregateType: string,
  where: object | undefined,
): AsyncGenerator<string, void, undefined> {
  const filters = database.tables.events.own.filters(where as Readonly<Record<string, unknown>> | undefined)
  for (let after = ''; ;) {
    const page = await reading(
      database.connect(host, (connection) =>
        connection.run(connection.statements.listStreams(aggregateType, after, filters, DEFAULT_PAGE_SIZE)),
      ),
    )
    yield* page
    if (page.length < DEFAULT_PAGE_SIZE) return
    after = page.at(-1)!
  }
}
