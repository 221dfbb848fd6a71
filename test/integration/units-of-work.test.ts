import type { DataSource } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  ConcurrentWriteError,
  DuplicateMessageError,
  DuplicateOutboxMessageError,
  EventStore,
  InvalidArgumentError,
  Records,
  withMetadata,
} from '../../src/index.js'
import { Balance, ledgerEntities, PlainBalance } from '../read-model/ledger-entities.js'
import { databases } from '../support/databases.js'

@Aggregate('account')
class Account extends AggregateRoot {
  balance = 0

  @Records('deposited') deposit(event: { amount: number }): void {
    this.balance += event.amount
  }
}

@Aggregate('journal')
class Journal extends AggregateRoot {
  entries = 0

  @Records('entered') enter(): void {
    this.entries += 1
  }
}

interface OutboxRow {
  message_id: string
  source_type: string | null
  source_id: string | null
  source_sequence: number | null
  correlation_id: string | null
}

describe.each(databases())('units of work on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore
  let next = 0
  const fresh = (): string => `id-${next++}`

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  const stored = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const table of [
      'aggregate_events',
      'balances',
      'plain_balances',
      'outbox_messages',
      'processed_messages',
    ]) {
      const [row] = await dataSource.query<{ n: unknown }[]>(`select count(*) as n from ${table}`)
      counts[table] = Number(String(row!.n))
    }
    return counts
  }
  const outbox = (messageId: string): Promise<OutboxRow[]> =>
    dataSource.getRepository(outboxEntity()).findBy({ messageId }) as Promise<unknown> as Promise<OutboxRow[]>
  const outboxEntity = (): string =>
    dataSource.entityMetadatas.find(({ tableName }) => tableName === 'outbox_messages')!.name
  const opened = async (): Promise<Account> => {
    const account = store.repository(Account).create(fresh())
    account.deposit({ amount: 1 })
    await store.commit(account)
    return account
  }

  it('11.1 everything of a unit of work lands together', async () => {
    const [from, to] = [await opened(), await opened()]
    const before = await stored()
    const messageId = fresh()
    const { result, outcome } = await store.unitOfWork(async (work) => {
      const [one, two] = await work.load(Account, [from.aggregateId, to.aggregateId])
      one!.deposit({ amount: -1 })
      two!.deposit({ amount: 1 })
      work.create(Journal, fresh()).enter()
      work.append({
        aggregateType: 'audit',
        aggregateId: fresh(),
        expectedVersion: 0,
        events: [{ name: 'noted' }],
      })
      work.insert(Balance, { id: one!.aggregateId, owner: 'a', amount: one!.balance })
      work.insert(PlainBalance, { id: two!.aggregateId, owner: 'b', amount: two!.balance })
      work.send({ messageId, type: 'moved', payload: { amount: 1 } }, { source: two! })
      work.processed('transfers', messageId)
      return two!.balance
    })
    expect(result).toBe(2)
    expect(outcome.kind === 'committed' && outcome.commit.events.map(({ name }) => name)).toEqual([
      'noted',
      'deposited',
      'deposited',
      'entered',
    ])
    const after = await stored()
    expect(after).toEqual({
      aggregate_events: before['aggregate_events']! + 4,
      balances: before['balances']! + 1,
      plain_balances: before['plain_balances']! + 1,
      outbox_messages: before['outbox_messages']! + 1,
      processed_messages: before['processed_messages']! + 1,
    })
  })

  it.each(['conflict', 'row', 'message', 'mark', 'work'])(
    '11.1 nothing of it lands when its %s fails',
    async (failing) => {
      const account = await opened()
      const other = await opened()
      const [messageId, markId] = [fresh(), fresh()]
      await store.unitOfWork((work) => {
        work.send({ messageId, type: 'first' })
        work.processed('failing', markId)
      })
      const before = await stored()
      const held = store.beginUnitOfWork()
      held.add(account, other)
      account.deposit({ amount: 5 })
      held.insert(Balance, { id: account.aggregateId, owner: 'a', amount: failing === 'row' ? -1 : 1 })
      held.send({ messageId: failing === 'message' ? messageId : fresh(), type: 'second' })
      held.processed('failing', failing === 'mark' ? markId : fresh())
      if (failing === 'conflict') {
        const [again] = await store.repository(Account).loadMany([other.aggregateId])
        again!.deposit({ amount: 1 })
        await store.commit(again!)
        before['aggregate_events']! += 1
      }
      if (failing === 'work') {
        await expect(
          store.unitOfWork(async (work) => {
            work.add(account)
            await Promise.resolve()
            throw new RangeError('changed my mind')
          }),
        ).rejects.toThrow(RangeError)
      } else {
        const error: unknown = await held.commit().catch((reason: unknown) => reason)
        expect((error as { code: string }).code).toBe(
          {
            conflict: 'CONCURRENT_WRITE',
            row: 'STORAGE',
            message: 'DUPLICATE_OUTBOX_MESSAGE',
            mark: 'DUPLICATE_MESSAGE',
          }[failing],
        )
      }
      expect(await stored()).toEqual(before)
      expect([account.pendingEvents.length, account.committedVersion]).toEqual([1, 1])
    },
  )

  it('11.1 inside a host transaction it is undone with it, and a failure leaves the transaction usable', async () => {
    const id = fresh()
    const before = await stored()
    const rollBack = dataSource.transaction(async (manager) => {
      const within = store.within(manager)
      await within.unitOfWork((work) => {
        work.insert(Balance, { id, owner: 'a', amount: 1 })
        work.send({ type: 'undone' })
        work.processed('undone', id)
      })
      expect(await manager.countBy(Balance, { id })).toBe(1)
      throw new RangeError('undo')
    })
    await expect(rollBack).rejects.toThrow(RangeError)
    expect(await stored()).toEqual(before)
    await dataSource.transaction(async (manager) => {
      const within = store.within(manager)
      await within.unitOfWork((work) => work.insert(Balance, { id, owner: 'a', amount: 1 }))
      await expect(
        within.unitOfWork((work) => work.insert(Balance, { id, owner: 'b', amount: 1 })),
      ).rejects.toMatchObject({ code: 'READ_MODEL_CONFLICT' })
      await within.unitOfWork((work) => work.patch(Balance, { id }, { amount: 2 }))
    })
    expect(await dataSource.getRepository(Balance).findOneBy({ id })).toMatchObject({
      owner: 'a',
      amount: 2,
      version: 2,
    })
  })

  it('11.3 an aggregate that was only loaded takes part', async () => {
    const [watched, written] = [await opened(), await opened()]
    const attempt = store.unitOfWork(async (work) => {
      await work.load(Account, watched.aggregateId)
      ;(await work.load(Account, written.aggregateId))!.deposit({ amount: 1 })
      const other = (await store.repository(Account).load(watched.aggregateId))!
      other.deposit({ amount: 1 })
      await store.commit(other)
    })
    await expect(attempt).rejects.toThrow(ConcurrentWriteError)
    expect((await store.repository(Account).load(written.aggregateId))!.balance).toBe(1)
  })

  it('11.3 an aggregate that was only loaded holds its stream while rows are written', async () => {
    const watched = await opened()
    await store.unitOfWork(async (work) => {
      await work.load(Account, watched.aggregateId)
      work.insert(Balance, { id: fresh(), owner: 'a', amount: 1 })
    })
    expect((await store.repository(Account).load(watched.aggregateId))!.committedVersion).toBe(1)
  })

  it('11.3 asked twice for an aggregate, a unit of work gives the same instance', async () => {
    const { aggregateId } = await opened()
    await store.unitOfWork(async (work) => {
      const one = (await work.load(Account, aggregateId))!
      one.deposit({ amount: 1 })
      const [two] = await work.load(Account, [aggregateId, 'missing'])
      expect(two).toBe(one)
      expect(await work.load(Account, 'missing')).toBeUndefined()
    })
    expect((await store.repository(Account).load(aggregateId))!.balance).toBe(2)
  })

  it('11.4 a unit of work commits once', async () => {
    const work = store.beginUnitOfWork()
    work.insert(Balance, { id: fresh(), owner: 'a', amount: 1 })
    await work.commit()
    await expect(work.commit()).rejects.toThrow(InvalidArgumentError)
    expect(() => work.insert(Balance, { id: fresh(), owner: 'a', amount: 1 })).toThrow(InvalidArgumentError)
    expect(() => work.send({ type: 'late' })).toThrow(InvalidArgumentError)
  })

  it('11.4 one without work does nothing; with retry, it runs until it wins', async () => {
    const before = await stored()
    const { outcome } = await store.unitOfWork(() => 'nothing')
    expect(outcome).toEqual({ kind: 'committed', commit: { commitId: undefined, streams: [], events: [] } })
    expect(await stored()).toEqual(before)
    const { aggregateId } = await opened()
    await Promise.all(
      Array.from({ length: 8 }, () =>
        store.unitOfWork(
          async (work) => {
            const account = (await work.load(Account, aggregateId))!
            account.deposit({ amount: 1 })
            work.upsert(PlainBalance, { id: aggregateId, owner: 'x', amount: account.balance })
          },
          { retry: { attempts: 50 } },
        ),
      ),
    )
    expect((await store.repository(Account).load(aggregateId))!.balance).toBe(9)
    expect(await dataSource.getRepository(PlainBalance).findOneBy({ id: aggregateId })).toMatchObject({
      amount: 9,
    })
  })

  it('14.2 a plan without aggregates is skipped when its message was handled before', async () => {
    const messageId = fresh()
    const plan = (id: string): ReturnType<EventStore['unitOfWork']> =>
      store.unitOfWork((work) => {
        work.insert(Balance, { id, owner: 'a', amount: 1 })
        work.processed('plans', messageId)
      })
    expect((await plan(fresh())).outcome.kind).toBe('committed')
    const before = await stored()
    const { outcome } = await plan(fresh())
    expect(outcome).toEqual({
      kind: 'skipped',
      processed: { consumer: 'plans', messageId, processedAt: expect.any(Date) as Date },
    })
    expect(await stored()).toEqual(before)
  })

  it('14.3 with aggregates it is DuplicateMessageError, and they keep their pending events', async () => {
    const account = await opened()
    const messageId = fresh()
    await store.unitOfWork((work) => work.processed('both', messageId))
    account.deposit({ amount: 1 })
    const attempt = store.unitOfWork((work) => {
      work.add(account)
      work.processed('both', messageId)
    })
    await expect(attempt).rejects.toThrow(DuplicateMessageError)
    await expect(attempt).rejects.toMatchObject({ consumer: 'both', messageId })
    expect(account.pendingEvents).toHaveLength(1)
    await store.commit(account)
  })

  it('14.4 and 14.5 handleOnce applies a message once for each consumer, whoever else handles it', async () => {
    const { aggregateId } = await opened()
    const messageId = fresh()
    const handle = (consumer: string): Promise<string> =>
      store.handleOnce({ consumer, messageId }, async (work) => {
        const account = (await work.load(Account, aggregateId))!
        account.deposit({ amount: 10 })
      })
    const outcomes = await Promise.all(['a', 'a', 'b', 'a', 'b', 'a'].map(handle))
    expect(outcomes.filter((outcome) => outcome === 'handled')).toHaveLength(2)
    expect((await store.repository(Account).load(aggregateId))!.balance).toBe(21)
    await expect(
      store.handleOnce({ consumer: 'c', messageId }, () => {
        throw new RangeError('no')
      }),
    ).rejects.toThrow(RangeError)
    expect(await store.handleOnce({ consumer: 'c', messageId }, () => undefined)).toBe('handled')
  })

  it('14.5 marks can be purged by age', async () => {
    const messageId = fresh()
    await store.handleOnce({ consumer: 'purged', messageId }, () => undefined)
    expect(
      await store.purgeProcessedMessages({ before: new Date(Date.now() - 60_000), consumer: 'purged' }),
    ).toBe(0)
    expect(
      await store.purgeProcessedMessages({ before: new Date(Date.now() + 60_000), consumer: 'purged' }),
    ).toBe(1)
    expect(await store.handleOnce({ consumer: 'purged', messageId }, () => undefined)).toBe('handled')
  })

  it('15.1 messages are stamped with their source and their correlation, and ids are unique', async () => {
    const [account, other] = [await opened(), await opened()]
    const [one, two] = [fresh(), fresh()]
    await store.unitOfWork((work) => {
      work.add(account)
      account.deposit({ amount: 2 })
      account.deposit({ amount: 3 })
      withMetadata({ correlationId: 'c-1' }, () => work.send({ messageId: one, type: 'only' }))
    })
    expect(await outbox(one)).toMatchObject([
      { sourceType: 'account', sourceId: account.aggregateId, sourceSequence: 3, correlationId: 'c-1' },
    ])
    await store.unitOfWork((work) => {
      work.add(account, other)
      account.deposit({ amount: 2 })
      work.send({ messageId: two, type: 'one of two' })
    })
    expect(await outbox(two)).toMatchObject([{ sourceType: null, sourceId: null, sourceSequence: null }])
    const twice = store.unitOfWork((work) => {
      work.send({ messageId: 'same', type: 'x' })
      work.send({ messageId: 'same', type: 'x' })
    })
    await expect(twice).rejects.toThrow(DuplicateOutboxMessageError)
  })
})
