import type { DataSource } from 'typeorm'
import { EventStore } from '../../src/index.js'
import { boards } from './read-model/boards-projection.js'

/** The store of the game: every commit keeps the boards. */
export function openStore(dataSource: DataSource): EventStore {
  return new EventStore(dataSource, { projections: [boards] })
}
