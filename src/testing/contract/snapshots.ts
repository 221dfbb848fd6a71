import assert from 'node:assert/strict'
import type { EntityMetadata } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  InvalidArgumentError,
  InvalidPayloadError,
  Records,
  ReplayError,
} from '../../index.js'
import type { Warning } from '../../index.js'
import { Account, counter, Order } from './account.js'
import { freshId, stateOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

const AGGREGATE_TYPE = 'contract-account'

/** The account after its state has changed shape. */
@Aggregate(AGGREGATE_TYPE, { snapshots: { version: 2 } })
class NewerAccount extends Account {}

@Aggregate('contract-clock', { snapshots: { every: 1 } })
class Clock extends AggregateRoot {
  at: Date | undefined

  @Records('ticked')
  tick(e: { iso: string }): void {
    this.at = new Date(e.iso)
  }
}

@Aggregate('contract-custom-clock', { snapshots: { every: 1 } })
class CustomClock extends Clock {
  toSnapshot(): unknown {
    return { iso: this.at?.toISOString() }
  }

  fromSnapshot(payload: { readonly iso: string }): void {
    this.at = new Date(payload.iso)
  }
}

export function snapshotsContract({ describe, it, store, dataSource }: ContractContext): void {
  const snapshotEntity = (): EntityMetadata =>
    dataSource().entityMetadatas.find(({ columns }) =>
      columns.some(({ propertyName }) => propertyName === 'snapshotType'),
    )!
  const snapshotOf = (aggregateId: string) =>
    dataSource().manager.findOneBy(snapshotEntity().target, { aggregateId }) as Promise<{
      version: number
      snapshotVersion: number
      payload: unknown
    } | null>
  const tamper = (aggregateId: string, changes: object) =>
    dataSource().manager.update(snapshotEntity().target, { aggregateId }, changes)
  const accountOf = async (deposits: number): Promise<Account> => {
    const account = store().repository(Account).create(freshId())
    account.open({ owner: 'ann' })
    for (let amount = 1; amount <= deposits; amount++) account.deposit({ amount })
    await store().commit(account)
    return account
  }

  describe('snapshots', () => {
    it('8.1 a policy stores one in the commit that reaches it, and loading continues from it', async () => {
      const account = await accountOf(3)
      assert.equal(await snapshotOf(account.aggregateId), null)
      account.deposit({ amount: 4 })
      await store().commit(account)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 5)
      account.deposit({ amount: 5 })
      await store().commit(account)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 5)
      await tamper(account.aggregateId, {
        payload: { owner: 'from the snapshot', balance: 100, entries: [] },
      })
      const loaded = (await store().repository(Account).load(account.aggregateId))!
      assert.deepEqual(stateOf(loaded), {
        owner: 'from the snapshot',
        balance: 105,
        entries: [{ amount: 5 }],
      })
      assert.equal(loaded.version, 6)
      for (let amount = 0; amount < 4; amount++) loaded.deposit({ amount: 1 })
      await store().commit(loaded)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 10)
    })

    it('8.1 functions have snapshots too', async () => {
      const counters = store().repository(counter)
      const count = counters.create(freshId())
      count.record(...[1, 2, 3].map((by) => ({ name: 'incremented', payload: { by } }) as const))
      await counters.commit(count)
      assert.deepEqual((await snapshotOf(count.aggregateId))!.payload, { count: 6 })
      assert.deepEqual((await counters.load(count.aggregateId))!.state, { count: 6 })
    })

    it('8.1 on demand: of a committed aggregate that declares them', async () => {
      const accounts = store().repository(Account)
      const account = await accountOf(1)
      await accounts.snapshot(account)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 2)
      account.deposit({ amount: 1 })
      await assert.rejects(accounts.snapshot(account), InvalidArgumentError)
      const orders = store().repository(Order)
      const order = orders.create(freshId())
      order.place()
      await orders.commit(order)
      await assert.rejects(orders.snapshot(order), InvalidArgumentError)
    })

    it('8.1 an older snapshot never replaces a newer one', async () => {
      const accounts = store().repository(Account)
      const account = await accountOf(1)
      const old = (await accounts.load(account.aggregateId))!
      account.deposit({ amount: 1 })
      await accounts.commit(account)
      await accounts.snapshot(account)
      await accounts.snapshot(old)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 3)
    })

    it('8.2 a snapshot that cannot serve is ignored and reported, and replaced later', async () => {
      const bad: readonly object[] = [
        { payload: 7, payloadCodec: 'none' },
        { payloadCodecVersion: 9 },
        { snapshotVersion: 3 },
        { snapshotType: 'other' },
        { version: 99 },
      ]
      for (const changes of bad) {
        const warnings: Warning[] = []
        const careful = store({ onWarning: (warning) => warnings.push(warning) })
        const accounts = careful.repository(Account)
        const account = await accountOf(5)
        await tamper(account.aggregateId, changes)
        const loaded = (await accounts.load(account.aggregateId))!
        assert.deepEqual(stateOf(loaded), stateOf(account), JSON.stringify(changes))
        assert.equal(loaded.version, 6)
        assert.deepEqual(
          warnings.map(({ code }) => code),
          ['SNAPSHOT_IGNORED'],
        )
        assert.equal((await accounts.loadMany([account.aggregateId]))[0]!.balance, 15)
        await accounts.snapshot(loaded)
        await accounts.load(account.aggregateId)
        assert.equal(warnings.length, 2)
      }
    })

    it('8.2 raising the snapshot version leaves old ones behind', async () => {
      const account = await accountOf(5)
      const newer = store({ onWarning: () => undefined }).repository(NewerAccount)
      const loaded = (await newer.load(account.aggregateId))!
      assert.deepEqual(stateOf(loaded), stateOf(account))
      await newer.snapshot(loaded)
      assert.equal((await snapshotOf(account.aggregateId))!.snapshotVersion, 2)
    })

    it('8.2 a tail that does not apply is a ReplayError, not a reason to replay', async () => {
      const account = await accountOf(5)
      const stream = { aggregateType: AGGREGATE_TYPE, aggregateId: account.aggregateId }
      await store().append({ ...stream, expectedVersion: 6, events: [{ name: 'unknown' }] })
      await assert.rejects(store().repository(Account).load(account.aggregateId), ReplayError)
    })

    it('8.3 loading with snapshots, without them and as of any version agrees', async () => {
      const accounts = store().repository(Account)
      const account = await accountOf(17)
      assert.equal((await snapshotOf(account.aggregateId))!.version, 18)
      const then = (await accounts.load(account.aggregateId, { version: 12 }))!
      assert.equal(then.version, 12)
      assert.equal(then.balance, 66)
      await dataSource().manager.delete(snapshotEntity().target, { aggregateId: account.aggregateId })
      assert.deepEqual(stateOf(await accounts.load(account.aggregateId)), stateOf(account))
    })

    it('8.4 a state that cannot be encoded loses its snapshot, never the commit', async () => {
      const warnings: Warning[] = []
      const clocks = store({ onWarning: (warning) => warnings.push(warning) }).repository(Clock)
      const clock = clocks.create(freshId())
      clock.tick({ iso: '2026-01-01T00:00:00.000Z' })
      await clocks.commit(clock)
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['SNAPSHOT_NOT_STORED'],
      )
      assert.deepEqual((await clocks.load(clock.aggregateId))!.at, clock.at)
      await assert.rejects(clocks.snapshot(clock), InvalidPayloadError)
    })

    it('8.3 an aggregate says itself what its snapshot contains', async () => {
      const clocks = store().repository(CustomClock)
      const clock = clocks.create(freshId())
      clock.tick({ iso: '2026-01-01T00:00:00.000Z' })
      await clocks.commit(clock)
      assert.equal((await snapshotOf(clock.aggregateId))!.version, 1)
      assert.deepEqual((await clocks.load(clock.aggregateId))!.at, clock.at)
    })
  })
}
