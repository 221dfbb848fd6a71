import assert from 'node:assert/strict'
import { AggregateNotFoundError, ConcurrentWriteError, InvalidArgumentError } from '../../index.js'
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

    it('5.5 update loads, runs the work and commits; each of many that compete runs once and is applied once', async () => {
      const accounts = store().repository(Account)
      const aggregateId = freshId()
      let runs = 0
      const balances = await Promise.all(
        Array.from({ length: 20 }, () =>
          accounts.update(
            aggregateId,
            async (account) => {
              runs += 1
              if (account.version === 0) account.open({ owner: 'ann' })
              await Promise.resolve()
              account.deposit({ amount: 1 })
              return account.balance
            },
            { orCreate: true },
          ),
        ),
      )
      assert.equal(runs, 20)
      assert.deepEqual(
        balances.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, index) => index + 1),
      )
      assert.equal(await versionOf(store(), { aggregateType: 'contract-account', aggregateId }), 21)
    })

    it('5.5 update runs again when somebody else was faster, with the aggregate as it is then', async () => {
      const accounts = store().repository(Account)
      const aggregateId = freshId()
      await accounts.update(aggregateId, (account) => account.open({ owner: 'ann' }), { orCreate: true })
      const seen: number[] = []
      await accounts.update(aggregateId, async (account, attempt) => {
        seen.push(account.version)
        if (attempt === 1) {
          const other = (await accounts.load(aggregateId))!
          other.deposit({ amount: 5 })
          await accounts.commit(other)
        }
        account.deposit({ amount: 1 })
      })
      assert.deepEqual(seen, [1, 2])
      assert.equal((await accounts.load(aggregateId))?.balance, 6)
    })

    it('5.5 update inside a transaction of the host runs once and is rolled back with it', async () => {
      const accounts = store().repository(Account)
      const aggregateId = freshId()
      await accounts.update(aggregateId, (account) => account.open({ owner: 'ann' }), { orCreate: true })
      let runs = 0
      const rollBack = new Error('rolled back')
      const transfer = store().dataSource.transaction(async (manager) => {
        const joined = accounts.within(manager)
        await joined.update(aggregateId, (account) => account.deposit({ amount: 1 }))
        const conflict = joined.update(aggregateId, async (account) => {
          runs += 1
          const other = (await joined.load(aggregateId))!
          other.deposit({ amount: 5 })
          await joined.commit(other)
          account.deposit({ amount: 1 })
        })
        await assert.rejects(conflict, ConcurrentWriteError)
        assert.equal((await joined.load(aggregateId))?.balance, 6)
        throw rollBack
      })
      await assert.rejects(transfer, (error) => error === rollBack)
      assert.equal(runs, 1)
      assert.equal((await accounts.load(aggregateId))?.balance, 0)
    })

    it('5.5 update of what does not exist, and work that throws, write nothing and run once', async () => {
      const accounts = store().repository(Account)
      const aggregateId = freshId()
      let runs = 0
      const failing = (): never => {
        runs += 1
        throw new RangeError('overdrawn')
      }
      await assert.rejects(accounts.update(aggregateId, failing), AggregateNotFoundError)
      assert.equal(runs, 0)
      await assert.rejects(accounts.update(aggregateId, failing, { orCreate: true }), RangeError)
      await assert.rejects(
        accounts.update(
          aggregateId,
          (account) => {
            account.open({ owner: 'ann' })
            failing()
          },
          { orCreate: true },
        ),
        RangeError,
      )
      assert.equal(runs, 2)
      assert.equal(await accounts.load(aggregateId), undefined)
      const unknown = { attempts: 3 } as object
      await assert.rejects(accounts.update(aggregateId, failing, unknown), InvalidArgumentError)
    })
  })
}
