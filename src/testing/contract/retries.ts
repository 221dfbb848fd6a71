import assert from 'node:assert/strict'
import { ConcurrentWriteError } from '../../index.js'
import { Account } from './account.js'
import { freshId, versionOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

export function retriesContract({ describe, it, store }: ContractContext): void {
  describe('retries', () => {
    it('5.1 commands that collide are all applied by retryOnConflict, each once', async () => {
      const accounts = store().repository(Account)
      const opened = accounts.create(freshId())
      opened.open({ owner: 'ann' })
      await accounts.commit(opened)
      const { aggregateId } = opened
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          store().retryOnConflict(
            async () => {
              const account = (await accounts.load(aggregateId))!
              account.deposit({ amount: index + 1 })
              await accounts.commit(account)
            },
            { attempts: 100, maxDelayMs: 50 },
          ),
        ),
      )
      const account = (await accounts.load(aggregateId))!
      assert.equal(account.balance, 78)
      assert.equal(await versionOf(store(), { aggregateType: 'contract-account', aggregateId }), 13)
    })

    it('5.1 errors of the business are never retried, and attempts are bounded', async () => {
      let runs = 0
      const failing = (error: Error) => () => {
        runs += 1
        return Promise.reject(error)
      }
      await assert.rejects(store().retryOnConflict(failing(new RangeError('overdrawn'))), RangeError)
      assert.equal(runs, 1)
      const conflict = new ConcurrentWriteError({ aggregateType: 'a', aggregateId: 'b' }, 1, 2)
      await assert.rejects(
        store().retryOnConflict(failing(conflict), { attempts: 3, firstDelayMs: 0 }),
        ConcurrentWriteError,
      )
      assert.equal(runs, 4)
    })
  })
}
