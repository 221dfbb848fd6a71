import assert from 'node:assert/strict'
import type { EntityManager } from 'typeorm'
import { ConcurrentWriteError } from '../../index.js'
import type { Commit } from '../../index.js'
import { Account } from './account.js'
import { collect, freshId, freshStream, freshType, sequencesOf, versionOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

const NOTED = { name: 'noted' }

class Rollback extends Error {}

export function hostingContract({ describe, it, store, dataSource }: ContractContext): void {
  const inTransaction = (work: (manager: EntityManager) => Promise<void>): Promise<void> =>
    dataSource().transaction(work)
  const rolledBack = (work: (manager: EntityManager) => Promise<void>): Promise<void> =>
    assert.rejects(
      inTransaction(async (manager) => {
        await work(manager)
        throw new Rollback()
      }),
      Rollback,
    )
  const deposit = async (account: Account, amount: number, manager: EntityManager): Promise<void> => {
    account.deposit({ amount })
    await store().within(manager).repository(Account).commit(account)
  }
  const openedAccount = async (): Promise<Account> => {
    const account = store().repository(Account).create(freshId())
    account.open({ owner: 'ann' })
    await store().commit(account)
    return account
  }

  describe("inside the host's application", () => {
    it("10.1 a commit joins the host's transaction: visible inside at once, outside after it", async () => {
      const account = await openedAccount()
      await inTransaction(async (manager) => {
        await deposit(account, 5, manager)
        assert.deepEqual(account.pendingEvents, [])
        const inside = store().within(manager).repository(Account)
        assert.equal((await inside.load(account.aggregateId))!.balance, 5)
        assert.equal(
          (await store().repository(Account).within(manager).load(account.aggregateId))!.balance,
          5,
        )
      })
      assert.equal((await store().repository(Account).load(account.aggregateId))!.balance, 5)
    })

    it("10.1 the host's rollback undoes commits, and gives aggregates their events back", async () => {
      const account = await openedAccount()
      const fresh = store().repository(Account).create(freshId())
      fresh.open({ owner: 'bob' })
      await rolledBack(async (manager) => {
        await deposit(account, 1, manager)
        await deposit(account, 2, manager)
        await store().within(manager).commit(fresh)
        account.deposit({ amount: 3 })
      })
      assert.equal((await store().repository(Account).load(account.aggregateId))!.balance, 0)
      assert.equal(await store().repository(Account).load(fresh.aggregateId), undefined)
      assert.deepEqual([account.committedVersion, account.pendingEvents.length, account.version], [1, 3, 4])
      await store().commit([account, fresh])
      const again = (await store().repository(Account).load(account.aggregateId))!
      assert.deepEqual(again.entries, [{ amount: 1 }, { amount: 2 }, { amount: 3 }])
    })

    it('10.1 a conflict leaves the transaction usable', async () => {
      const [stream, other] = [freshStream(), freshStream()]
      await store().append({ ...stream, expectedVersion: 0, events: [NOTED] })
      await inTransaction(async (manager) => {
        const joined = store().within(manager)
        await joined.append({ ...other, expectedVersion: 0, events: [NOTED] })
        await assert.rejects(
          joined.append({ ...stream, expectedVersion: 0, events: [NOTED] }),
          ConcurrentWriteError,
        )
        await joined.append({ ...stream, expectedVersion: 1, events: [NOTED] })
        await assert.rejects(
          joined.append([
            { ...other, expectedVersion: 1, events: [NOTED] },
            { ...stream, expectedVersion: 'no-stream' },
          ]),
          ConcurrentWriteError,
        )
      })
      assert.deepEqual([await versionOf(store(), stream), await versionOf(store(), other)], [2, 1])
    })

    it('10.1 a nested transaction that rolls back undoes only its own commits', async () => {
      const account = await openedAccount()
      await inTransaction(async (manager) => {
        await deposit(account, 1, manager)
        await assert.rejects(
          manager.transaction(async (nested) => {
            await deposit(account, 2, nested)
            throw new Rollback()
          }),
          Rollback,
        )
        assert.deepEqual([account.committedVersion, account.pendingEvents.length], [2, 1])
        await manager.transaction((nested) => deposit(account, 4, nested))
      })
      const { entries } = (await store().repository(Account).load(account.aggregateId))!
      assert.deepEqual(entries, [{ amount: 1 }, { amount: 2 }, { amount: 4 }])
    })

    it('10.2 listeners run after the outermost commit, and not after a rollback', async () => {
      const commits: Commit[] = []
      const remove = store().onCommitted((commit) => {
        commits.push(commit)
      })
      const type = freshType()
      const mine = (): number => commits.filter(({ events }) => events[0]!.aggregateType === type).length
      const append = (manager: EntityManager) =>
        store()
          .within(manager)
          .append({ ...freshStream(type), expectedVersion: 0, events: [NOTED] })
      await store().append({ ...freshStream(type), expectedVersion: 0, events: [NOTED] })
      assert.equal(mine(), 1)
      await inTransaction(async (manager) => {
        await append(manager)
        await manager.transaction(async (nested) => {
          await append(nested)
        })
        await manager
          .transaction(async (nested) => {
            await append(nested)
            throw new Rollback()
          })
          .catch(() => undefined)
        assert.equal(mine(), 1)
      })
      assert.equal(mine(), 3)
      await rolledBack(async (manager) => {
        await append(manager)
      })
      assert.equal(mine(), 3)
      remove()
      await store().append({ ...freshStream(type), expectedVersion: 0, events: [NOTED] })
      assert.equal(mine(), 3)
    })

    it('10.2 a listener that fails fails nothing', async () => {
      const warnings: string[] = []
      const other = store({ onWarning: ({ code }) => warnings.push(code) })
      other.onCommitted(() => {
        throw new Error('sync')
      })
      other.onCommitted(() => Promise.reject(new Error('async')))
      await other.append({ ...freshStream(), expectedVersion: 0, events: [NOTED] })
      await new Promise(setImmediate)
      assert.deepEqual(warnings, ['LISTENER_FAILED', 'LISTENER_FAILED'])
    })

    it('10.4 commits on one transaction at the same time take turns', async () => {
      const streams = Array.from({ length: 10 }, () => freshStream())
      const contested = freshStream()
      await inTransaction(async (manager) => {
        const joined = store().within(manager)
        const outcomes = await Promise.allSettled([
          ...streams.map((stream) => joined.append({ ...stream, expectedVersion: 0, events: [NOTED] })),
          ...streams.map(() => joined.append({ ...contested, expectedVersion: 0, events: [NOTED] })),
        ])
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 11)
      })
      for (const stream of [...streams, contested]) assert.equal(await versionOf(store(), stream), 1)
    })

    it('10.1 a query runner can be the host, with and without a transaction of its own', async () => {
      const stream = freshStream()
      const runner = dataSource().createQueryRunner()
      try {
        const bound = store().within(runner)
        await bound.append({ ...stream, expectedVersion: 0, events: [NOTED] })
        await runner.startTransaction()
        await bound.append({ ...stream, expectedVersion: 1, events: [NOTED] })
        await runner.rollbackTransaction()
        await runner.startTransaction()
        await bound.append({ ...stream, expectedVersion: 1, events: [NOTED, NOTED] })
        await runner.commitTransaction()
      } finally {
        await runner.release()
      }
      assert.deepEqual(sequencesOf(await collect(store().readStream(stream))), [1, 2, 3])
    })

    it("5.2 inside a host's transaction nothing is run again", async () => {
      const stream = freshStream()
      await store().append({ ...stream, expectedVersion: 0, events: [NOTED] })
      let runs = 0
      await assert.rejects(
        inTransaction(async (manager) => {
          const joined = store().within(manager)
          const losing = () => {
            runs += 1
            return joined.append({ ...stream, expectedVersion: 0, events: [NOTED] })
          }
          await assert.rejects(joined.retryOnConflict(losing), ConcurrentWriteError)
          assert.equal(runs, 1)
          await store().retryOnConflict(losing)
        }),
        ConcurrentWriteError,
      )
      assert.equal(runs, 2)
      runs = 0
      await store().retryOnConflict(() =>
        inTransaction(async (manager) => {
          const expectedVersion = runs++
          await store()
            .within(manager)
            .append({ ...stream, expectedVersion, events: [NOTED] })
        }),
      )
      assert.equal(runs, 2)
    })

    it('10.1 the feed inside a transaction shows its own events', async () => {
      const type = freshType()
      await rolledBack(async (manager) => {
        const joined = store().within(manager)
        await joined.append({ ...freshStream(type), expectedVersion: 0, events: [NOTED, NOTED] })
        assert.equal((await collect(joined.readAll({ aggregateTypes: [type] }))).length, 2)
      })
      assert.deepEqual(await collect(store().readAll({ aggregateTypes: [type] })), [])
    })

    it('8.1 snapshots are part of the host transaction as well', async () => {
      const account = await openedAccount()
      await rolledBack(async (manager) => {
        for (let amount = 1; amount <= 5; amount++) account.deposit({ amount })
        await store().within(manager).commit(account)
      })
      assert.equal(account.pendingEvents.length, 5)
      await store().commit(account)
      assert.equal((await store().repository(Account).load(account.aggregateId))!.balance, 15)
    })
  })
}
