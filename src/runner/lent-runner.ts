import type { QueryRunner } from 'typeorm'
import type { FifoLock } from './fifo-lock.js'
import type { SqliteRunner } from './guarded-runner.js'

export const LENDER = Symbol('lender')

/**
 * The runner of an open transaction, for code inside of it. Releasing it, or giving it a manager, is left to its
 * owner. Transactions that borrowers begin are savepoints, and end one after the other: savepoints that overlap
 * would end each other.
 */
export function lend(runner: SqliteRunner, nested: FifoLock): QueryRunner {
  let endTurn: (() => void) | undefined
  const giveBack = (): void => {
    endTurn?.()
    endTurn = undefined
  }
  const own: Partial<QueryRunner> = {
    release: () => {
      giveBack()
      return Promise.resolve()
    },
    startTransaction: async (...isolation) => {
      endTurn ??= await nested.acquire()
      await runner.startTransaction(...isolation)
    },
    commitTransaction: () => runner.commitTransaction().finally(giveBack),
    rollbackTransaction: () => runner.rollbackTransaction().finally(giveBack),
  }
  return new Proxy<SqliteRunner>(runner, {
    get(target, property) {
      if (property === LENDER) return target
      if (Object.hasOwn(own, property)) return own[property as keyof QueryRunner]
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function'
        ? (value as (...parameters: unknown[]) => unknown).bind(target)
        : value
    },
    set(target, property, value) {
      return property === 'manager' || Reflect.set(target, property, value, target)
    },
  })
}
