import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ConcurrentWriteError,
  DuplicateStreamError,
  InvalidArgumentError,
  ReplayError,
  withMetadata,
} from '../../index.js'
import { Account, counter, Order } from './account.js'
import { collect, freshId, stateOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

export function aggregatesContract({ describe, it, store }: ContractContext): void {
  const opened = async (id = freshId()): Promise<Account> => {
    const account = store().repository(Account).create(id)
    account.open({ owner: 'ann' })
    await store().commit(account)
    return account
  }

  describe('aggregates', () => {
    it('3.7 sourced methods, event classes and functions commit and load', async () => {
      const id = freshId()
      const [accounts, orders, counters] = [
        store().repository(Account),
        store().repository(Order),
        store().repository(counter),
      ]
      const account = accounts.create(id)
      account.open({ owner: 'ann' })
      account.deposit({ amount: 5 })
      account.deposit({ amount: -1 })
      const order = orders.create(id)
      order.add('x', 3)
      order.add('y', 11)
      order.place()
      const count = counters.create(id)
      count.record(
        { name: 'incremented', payload: { by: 2 } },
        { name: 'reset' },
        { name: 'incremented', payload: { by: 7 } },
      )
      const commit = await store().commit([account, order, count])
      assert.deepEqual(
        commit.events.map(({ aggregateType, sequence, name }) => `${aggregateType} ${sequence} ${name}`),
        [
          'contract-account 1 opened',
          'contract-account 2 deposited',
          'contract-order 1 item-added',
          'contract-order 2 item-added',
          'contract-order 3 order-placed',
          'contract-counter 1 incremented',
          'contract-counter 2 reset',
          'contract-counter 3 incremented',
        ],
      )
      for (const aggregate of [account, order, count]) assert.deepEqual(aggregate.pendingEvents, [])
      const loaded = await accounts.load(id)
      assert.deepEqual(stateOf(loaded), { owner: 'ann', balance: 5, entries: [{ amount: 5 }] })
      assert.equal(loaded?.version, 2)
      assert.deepEqual(stateOf(await orders.load(id)), { quantity: 14, heavyItems: 1 })
      assert.deepEqual((await counters.load(id))?.state, { count: 7 })
    })

    it('7.5 what does not exist is undefined; of several it is left out, and the order is kept', async () => {
      const accounts = store().repository(Account)
      const [a, b] = [await opened(), await opened()]
      assert.equal(await accounts.load(freshId()), undefined)
      const many = await accounts.loadMany([b.aggregateId, freshId(), a.aggregateId, b.aggregateId])
      assert.deepEqual(
        many.map(({ aggregateId }) => aggregateId),
        [b.aggregateId, a.aggregateId],
      )
      assert.deepEqual(await accounts.loadMany([]), [])
    })

    it('3.7 the loser of a race keeps its pending events and can be retried', async () => {
      const accounts = store().repository(Account)
      const { aggregateId } = await opened()
      const [winner, loser] = [(await accounts.load(aggregateId))!, (await accounts.load(aggregateId))!]
      winner.deposit({ amount: 1 })
      loser.deposit({ amount: 2 })
      loser.deposit({ amount: 3 })
      await accounts.commit(winner)
      await assert.rejects(
        accounts.commit(loser),
        (error) =>
          error instanceof ConcurrentWriteError && error.expectedVersion === 1 && error.actualVersion === 2,
      )
      assert.equal(loser.pendingEvents.length, 2)
      assert.equal(loser.committedVersion, 1)
      await store().retryOnConflict(async () => {
        const again = (await accounts.load(aggregateId))!
        for (const { payload } of loser.pendingEvents) again.deposit(payload as { amount: number })
        await accounts.commit(again)
      })
      assert.equal((await accounts.load(aggregateId))!.balance, 6)
    })

    it('3.1 if one aggregate of a commit conflicts, none is stored and all keep their events', async () => {
      const accounts = store().repository(Account)
      const stale = await opened()
      const moved = (await accounts.load(stale.aggregateId))!
      moved.deposit({ amount: 1 })
      await accounts.commit(moved)
      const fresh = accounts.create(freshId())
      fresh.open({ owner: 'bob' })
      const order = store().repository(Order).create(freshId())
      order.place()
      stale.deposit({ amount: 9 })
      await assert.rejects(store().commit([fresh, order, stale]), ConcurrentWriteError)
      assert.deepEqual(
        [fresh, order, stale].map(({ pendingEvents }) => pendingEvents.length),
        [1, 1, 1],
      )
      assert.equal(await accounts.load(fresh.aggregateId), undefined)
      await store().commit([fresh, order])
      assert.equal((await accounts.load(fresh.aggregateId))!.owner, 'bob')
    })

    it('3.5 an aggregate without events is checked, and loses if somebody moved it', async () => {
      const accounts = store().repository(Account)
      const [checked, written] = [await opened(), await opened()]
      written.deposit({ amount: 1 })
      await store().commit([checked, written])
      const other = (await accounts.load(checked.aggregateId))!
      other.deposit({ amount: 1 })
      await accounts.commit(other)
      written.deposit({ amount: 1 })
      await assert.rejects(store().commit([checked, written]), ConcurrentWriteError)
      assert.equal(written.pendingEvents.length, 1)
    })

    it('3.8 committing again stores nothing, whoever moved the stream', async () => {
      const accounts = store().repository(Account)
      const account = await opened()
      assert.equal((await accounts.commit(account)).commitId, undefined)
      const other = (await accounts.load(account.aggregateId))!
      other.deposit({ amount: 1 })
      await accounts.commit([other])
      assert.deepEqual((await store().commit([account])).events, [])
      assert.equal((await store().commit([])).commitId, undefined)
    })

    it('3.7 a new aggregate whose id is taken conflicts', async () => {
      const { aggregateId } = await opened()
      const twin = store().repository(Account).create(aggregateId)
      twin.open({ owner: 'eve' })
      await assert.rejects(store().commit(twin), ConcurrentWriteError)
    })

    it('3.7 events recorded while a commit is under way stay pending', async () => {
      const account = await opened()
      account.deposit({ amount: 1 })
      const committing = store().commit(account)
      account.deposit({ amount: 2 })
      await committing
      assert.equal(account.pendingEvents.length, 1)
      assert.equal(account.committedVersion, 2)
      await store().commit(account)
      assert.equal((await store().repository(Account).load(account.aggregateId))!.balance, 3)
    })

    it('3.6 instances that did not come from a repository, and one handed in twice, are refused', async () => {
      const account = new Account()
      account.open({ owner: 'ann' })
      await assert.rejects(store().commit(account), InvalidArgumentError)
      const twice = await opened()
      twice.deposit({ amount: 1 })
      await assert.rejects(store().commit([twice, twice]), DuplicateStreamError)
      assert.equal(twice.pendingEvents.length, 1)
    })

    it('7.4 metadata of the scope and of the aggregate is on every event', async () => {
      const account = store().repository(Account).create(freshId())
      await withMetadata({ correlationId: 'c', user: 'scope' }, async () => {
        await sleep(1)
        account.open({ owner: 'ann' })
        account.carry({ user: 'aggregate', trace: { id: 1 } })
        await withMetadata({ correlationId: 'inner' }, async () => {
          await sleep(1)
          account.deposit({ amount: 1 })
        })
      })
      account.deposit({ amount: 2 })
      await store().commit(account)
      const stream = { aggregateType: 'contract-account', aggregateId: account.aggregateId }
      const metadata = (await collect(store().readStream(stream))).map((event) => event.metadata)
      assert.deepEqual(metadata, [
        { correlationId: 'c', user: 'scope' },
        { correlationId: 'inner', user: 'aggregate', trace: { id: 1 } },
        { user: 'aggregate', trace: { id: 1 } },
      ])
      await withMetadata({ a: 1, b: 1 }, () =>
        store().append(
          { ...stream, expectedVersion: 3, events: [{ name: 'closed', metadata: { a: 2 } }] },
          { metadata: { b: 2, c: 2 } },
        ),
      )
      const [last] = await collect(store().readStream(stream, { fromSequence: 4 }))
      assert.deepEqual(last!.metadata, { a: 2, b: 2, c: 2 })
    })

    it('7.6 an event that the aggregate does not know is a ReplayError that names it', async () => {
      const account = await opened()
      const stream = { aggregateType: 'contract-account', aggregateId: account.aggregateId }
      await store().append({ ...stream, expectedVersion: 1, events: [{ name: 'unknown' }] })
      await assert.rejects(
        store().repository(Account).load(account.aggregateId),
        (error) => error instanceof ReplayError && error.sequence === 2 && error.message.includes('unknown'),
      )
      const newer = freshId()
      await store().append({
        ...stream,
        aggregateId: newer,
        expectedVersion: 0,
        events: [{ name: 'opened', version: 2 }],
      })
      await assert.rejects(store().repository(Account).load(newer), ReplayError)
    })

    it('7.7 loads as of a version or a time', async () => {
      const accounts = store().repository(Account)
      const account = await opened()
      const times: Date[] = []
      for (let amount = 1; amount <= 7; amount++) {
        account.deposit({ amount })
        const { events } = await accounts.commit(account)
        times.push(events[0]!.recordedAt)
        await sleep(3)
      }
      const id = account.aggregateId
      assert.equal(await accounts.load(id, { version: 0 }), undefined)
      for (let version = 1; version <= 8; version++) {
        const then = (await accounts.load(id, { version }))!
        assert.equal(then.version, version)
        assert.equal(then.entries.length, version - 1)
      }
      assert.equal((await accounts.load(id, { time: times[2]! }))!.balance, 6)
      assert.equal((await accounts.load(id, { time: times[5]! }))!.balance, 21)
      assert.equal(await accounts.load(id, { time: new Date(0) }), undefined)
      const past = (await accounts.load(id, { version: 3 }))!
      past.deposit({ amount: 1 })
      await assert.rejects(accounts.commit(past), ConcurrentWriteError)
    })

    it('7.5 a long stream loads completely, alone and among others', async () => {
      const counters = store().repository(counter)
      const ids = [freshId(), freshId(), freshId()]
      for (const [index, aggregateId] of ids.entries()) {
        const events = Array.from({ length: 2_000 + index }, () => ({
          name: 'incremented',
          payload: { by: 1 },
        }))
        await store().append({ aggregateType: 'contract-counter', aggregateId, expectedVersion: 0, events })
      }
      assert.deepEqual((await counters.load(ids[0]!))!.state, { count: 2_000 })
      assert.deepEqual(
        (await counters.loadMany(ids)).map(({ state, version }) => [state.count, version]),
        [2_000, 2_001, 2_002].map((count) => [count, count]),
      )
    })
  })
}
