import type { QueryRunner } from 'typeorm'
import { StorageError } from '../errors/index.js'
import type { Statement } from '../sql/statement.js'
import { dataSourceOf } from './host.js'
import type { PostgresClient } from './postgres-client.js'
import type { Sender } from './sender.js'

/** A transaction that the module begins and ends itself. */
export interface OwnTransaction {
  begin(): Promise<void>
  /** Resolves only if the database has committed. */
  commit(): Promise<void>
  /** Undoes what is still open, if anything is. */
  rollBack(): Promise<void>
  /** Runs code of TypeORM's that asks its query runner whether a transaction is open. */
  inside<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Through TypeORM, whose SQLite runners let transactions take turns. */
export class RunnerTransaction implements OwnTransaction {
  constructor(private readonly runner: QueryRunner) {}

  begin(): Promise<void> {
    return this.runner.startTransaction()
  }

  async commit(): Promise<void> {
    try {
      await this.runner.commitTransaction()
    } catch (error) {
      // A subscriber of the host's that fails after COMMIT does not undo it.
      if (this.runner.isTransactionActive) throw error
    }
  }

  async rollBack(): Promise<void> {
    if (this.runner.isTransactionActive) await this.runner.rollbackTransaction()
  }

  inside<Result>(work: () => Promise<Result>): Promise<Result> {
    return work()
  }
}

/** On Postgres: BEGIN travels with the first statement, and the server's answer to COMMIT is read. */
export class PostgresTransaction implements OwnTransaction {
  private isOpen = false

  constructor(
    private readonly runner: QueryRunner,
    private readonly client: PostgresClient,
    private readonly sender: Sender,
  ) {}

  async begin(): Promise<void> {
    this.isOpen = true
    await this.sender.open(beginAt(this.runner))
  }

  async commit(): Promise<void> {
    // Nothing was sent, so nothing was begun.
    const command = this.sender.isUnopened ? 'COMMIT' : await this.client.control('commit')
    this.isOpen = false
    if (command === 'COMMIT') return
    // Postgres answers COMMIT of an aborted transaction with ROLLBACK and no error.
    const problem = 'A statement of the commit failed and its error was swallowed. Nothing was written.'
    throw new StorageError('commit', problem, false, 'not-written')
  }

  async rollBack(): Promise<void> {
    if (this.isOpen && !this.sender.isUnopened) await this.client.control('rollback')
    this.isOpen = false
  }

  /** The runner knows nothing of this transaction, so that others who use it do not take it for theirs. */
  async inside<Result>(work: () => Promise<Result>): Promise<Result> {
    const runner = this.runner as { isTransactionActive: boolean }
    const before = runner.isTransactionActive
    runner.isTransactionActive = true
    try {
      return await work()
    } finally {
      runner.isTransactionActive = before
    }
  }
}

/** At the level that the host has chosen for its DataSource, which TypeORM 1.x lets it do. */
function beginAt(runner: QueryRunner): Statement<void> {
  const { isolationLevel } = dataSourceOf(runner).options as { readonly isolationLevel?: string }
  const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`
  return { operation: 'begin', text: `begin${level}`, parameters: [], decode: () => undefined }
}
