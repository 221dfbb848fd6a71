import type { DataSource, QueryRunner } from 'typeorm'
import { afterLoopTurn } from './loop-turn.js'

/** A runner that holds a connection, and what its `connect()` gave. */
export interface ConnectedRunner {
  readonly runner: QueryRunner
  readonly client: unknown
  /** How many works have run on it in a row. */
  uses: number
}

/** After so many works a connection goes back in any case: its pool may want to retire it. */
const MOST_USES = 100

/**
 * Keeps connections that were just used until the event loop turns: whoever loads or commits one after the other gets the
 * same one again, and does not go through TypeORM's runner, the pool and its timers each time. A pool that somebody
 * waits for gets its connection back at once.
 */
export class RecentRunners {
  private kept: ConnectedRunner[] = []
  private sweep: NodeJS.Immediate | undefined

  constructor(private readonly dataSource: DataSource) {}

  /** One that was used a moment ago and still is connected. */
  take(): ConnectedRunner | undefined {
    for (;;) {
      const last = this.kept.pop()
      if (last === undefined || (!last.runner.isReleased && this.isCurrent(last.client))) return last
    }
  }

  /** Takes a runner whose work went well; `false` leaves it to the caller to release it. */
  keep(used: ConnectedRunner): boolean {
    used.uses++
    if (used.uses >= MOST_USES || this.isWaitedFor()) return false
    this.kept.push(used)
    this.sweep ??= afterLoopTurn(() => this.releaseAll())
    return true
  }

  private releaseAll(): void {
    this.sweep = undefined
    const { kept } = this
    this.kept = []
    // What fails here concerns nobody: the work was done, and the pool closes what it cannot keep.
    for (const { runner } of kept) void runner.release().catch(() => undefined)
  }

  /** Whether somebody waits for a connection of the pool. SQLite has no pool. */
  private isWaitedFor(): boolean {
    const { master } = this.dataSource.driver as { readonly master?: { readonly waitingCount?: number } }
    return master !== undefined && master.waitingCount !== 0
  }

  /** On SQLite a DataSource that was closed and opened again has another connection. */
  private isCurrent(client: unknown): boolean {
    const { databaseConnection = client } = this.dataSource.driver as {
      readonly databaseConnection?: unknown
    }
    return databaseConnection === client
  }
}
