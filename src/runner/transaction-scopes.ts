import type { DataSource, EntityManager, QueryRunner } from 'typeorm'
import { InvalidArgumentError, StorageError } from '../errors/index.js'
import { AsyncScope } from './async-scope.js'
import { runnerOf } from './host.js'
import { ownRunner } from './sqlite-guard.js'

/** How a store finds the manager to work through when none is given. */
export type ManagerSource = () => EntityManager

type Work = (inner: EntityManager) => Promise<unknown>

/** The callback of one transaction or savepoint, and everything that was started in it. */
interface Scope {
  /** Known when the callback begins. */
  runner: QueryRunner | undefined
  /** Whether no other transaction was open on that runner. */
  outermost: boolean
  /** Until the callback has ended. */
  open: boolean
  /** Whether a library hands the transaction to those who ask for no manager. */
  propagated: boolean
  /** Whether transactions on other connections ran beside this one in the same transaction around them. */
  overlapped: boolean
  /** The one around it, while this one is open: chains of timers must not remember all that came before them. */
  parent: Scope | undefined
  /** Transactions on other connections that were begun in this one and have not ended. */
  readonly apart: Set<Scope>
}

/**
 * Knows from which transaction's callback a call was made, to judge what a library propagates into it. Such a library
 * hands out no transaction once it has ended, and work that was left behind would write outside of it; or it mixes up
 * transactions that run side by side. Both are refused. What names its manager is not looked at.
 */
export class TransactionScopes {
  private readonly current = new AsyncScope<Scope>()
  private readonly watched = new WeakSet<EntityManager>()
  /** Runners whose transaction is open. */
  private readonly open = new Set<QueryRunner>()
  /** Runners that TypeORM made for one transaction, which has ended. */
  private readonly ended = new WeakSet<QueryRunner>()
  private sources: WeakRef<ManagerSource>[] = []

  constructor(private readonly dataSource: DataSource) {}

  /** Looks for the transactions of a store at this source too. The store has to hold on to the function. */
  addSource(source: ManagerSource): void {
    this.sources = this.sources.filter((known) => ![undefined, source].includes(known.deref()))
    this.sources.push(new WeakRef(source))
  }

  /**
   * The runner that a call without a manager of its own belongs to: the one that its source handed out, unless that
   * is certainly not the caller's.
   */
  resolve(source: ManagerSource): QueryRunner | undefined {
    this.watchDataSource()
    const runner = runnerIn(source)
    this.assertUsable(runner)
    const scope = this.current.getStore()
    if (scope === undefined) return runner
    scope.propagated ||= runner !== undefined && runner === scope.runner
    if (!scope.propagated) return runner
    if (!scope.open && (runner === undefined || runner === scope.runner)) throw transactionEnded()
    if (runner === scope.runner) return runner
    const mixedUp =
      runner === undefined ? scope.overlapped || scope.apart.size > 0 : scope.open && this.open.has(runner)
    if (mixedUp) throw transactionsMixedUp()
    return runner
  }

  /** Refuses to wait for a connection of Postgres' pool that the callbacks around this call keep until they have ended. */
  assertConnectionLeft(): void {
    const { master } = this.dataSource.driver as { master?: { options?: { max?: number } } }
    const max = master?.options?.max
    if (max === undefined || this.runnersAround() < max) return
    throw new InvalidArgumentError(
      `This call would wait forever: it is made inside a transaction and needs another connection, and the pool has only ` +
        `${max}, held by the transactions around it. Take part in the transaction with store.within(manager), or ` +
        'raise the poolSize of the DataSource.',
    )
  }

  /** Refuses a runner that TypeORM made for a transaction, and gave back at its end. */
  assertUsable(runner: QueryRunner | undefined): void {
    if (runner !== undefined && this.ended.has(ownRunner(runner))) throw transactionEnded()
  }

  /** Inside a propagated transaction the DataSource's manager is that of the transaction, so it may come later. */
  watchDataSource(): void {
    const { manager } = this.dataSource
    if (manager.queryRunner === undefined) this.watch(manager)
  }

  /** Makes a manager's `transaction()` tell when its callback begins and when it has ended. */
  private watch(manager: EntityManager): void {
    if (this.watched.has(manager)) return
    this.watched.add(manager)
    const original = manager.transaction.bind(manager) as (...parameters: unknown[]) => Promise<unknown>
    const ownsRunner = manager.queryRunner === undefined
    const transaction = async (...parameters: unknown[]): Promise<unknown> => {
      const around = this.current.getStore()
      const scope = scopeIn(around?.open === true ? around : undefined)
      const inside = (work: Work): Work => {
        return (inner) => this.inside(scope, inner, work)
      }
      try {
        return await original(
          ...parameters.map((parameter) =>
            typeof parameter === 'function' ? inside(parameter as Work) : parameter,
          ),
        )
      } finally {
        scope.parent?.apart.delete(scope)
        scope.parent = undefined
        if (ownsRunner && scope.outermost) this.givenBack(scope.runner)
      }
    }
    Object.assign(manager, { transaction })
  }

  private async inside(scope: Scope, inner: EntityManager, work: Work): Promise<unknown> {
    const runner = ownRunner(inner.queryRunner!)
    scope.runner = runner
    // On SQLite a transaction inside a transaction borrows the runner of the one around it.
    scope.outermost = !this.open.has(runner)
    this.open.add(runner)
    this.watch(inner)
    try {
      return await this.current.run(scope, () => {
        const running = work(inner)
        // Libraries hand the transaction out before anything else happens in it.
        scope.propagated ||= this.isPropagated(runner)
        noteOverlap(scope)
        return running
      })
    } finally {
      scope.open = false
      if (scope.outermost) this.open.delete(runner)
    }
  }

  private givenBack(runner: QueryRunner | undefined): void {
    // Without the guard, SQLite's one runner goes on.
    const { queryRunner: shared } = this.dataSource.driver as { queryRunner?: QueryRunner }
    if (runner !== undefined && runner !== shared) this.ended.add(runner)
  }

  private runnersAround(): number {
    const runners = new Set<QueryRunner>()
    for (let scope = this.current.getStore(); scope !== undefined; scope = scope.parent)
      if (scope.open && scope.runner !== undefined) runners.add(scope.runner)
    return runners.size
  }

  private isPropagated(runner: QueryRunner): boolean {
    const sources = [() => this.dataSource.manager, ...this.sources.map((source) => source.deref())]
    return sources.some((source) => {
      try {
        return source !== undefined && runnerIn(source) === runner
      } catch {
        // It cannot be asked yet, so it propagates nothing yet.
        return false
      }
    })
  }
}

function runnerIn(source: ManagerSource): QueryRunner | undefined {
  const runner = runnerOf(source())
  return runner && ownRunner(runner)
}

function scopeIn(parent: Scope | undefined): Scope {
  return {
    runner: undefined,
    outermost: false,
    open: true,
    propagated: false,
    overlapped: false,
    parent,
    apart: new Set(),
  }
}

function noteOverlap(scope: Scope): void {
  const { parent } = scope
  if (parent?.propagated !== true || !scope.propagated || parent.runner === scope.runner) return
  parent.apart.add(scope)
  if (parent.apart.size === 1) return
  for (const one of [parent, ...parent.apart]) one.overlapped = true
}

function transactionEnded(): StorageError {
  return new StorageError(
    'join',
    'The transaction that this call was made in, or whose manager it uses, has ended. Nothing was written. Await ' +
      'everything that belongs to a transaction before its callback returns. Start what is to run later after the ' +
      'commit, outside of the callback, or give it a transaction of its own.',
    false,
    'not-written',
  )
}

function transactionsMixedUp(): InvalidArgumentError {
  return new InvalidArgumentError(
    'The manager that was handed out here belongs to another transaction, which runs at the same time, or to none. ' +
      "typeorm-transactional mixes up transactions that are begun side by side inside one with its storage driver 'AUTO' or " +
      "'ASYNC_LOCAL_STORAGE': await one before the next, or use StorageDriver.CLS_HOOKED.",
  )
}

const scopes = new WeakMap<DataSource, TransactionScopes>()

/** The transactions of a DataSource, which all of its stores share. */
export function scopesOf(dataSource: DataSource): TransactionScopes {
  let known = scopes.get(dataSource)
  if (known === undefined) scopes.set(dataSource, (known = new TransactionScopes(dataSource)))
  return known
}
