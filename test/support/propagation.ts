import { setImmediate as loopTurn, setTimeout as sleep } from 'node:timers/promises'
import type { DataSource, EntityManager } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  ConcurrentWriteError,
  EventStore,
  InvalidArgumentError,
  Records,
  StorageError,
} from '../../src/index.js'
import type { EventStoreOptions } from '../../src/index.js'
import { ledgerEntities, PlainBalance } from '../read-model/ledger-entities.js'
import { databases } from './databases.js'

type Run = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A library that hands a transaction to whoever is called inside of it. */
export interface Propagation {
  readonly storeOptions: EventStoreOptions
  /** In the transaction that is open, or in a new one. */
  readonly required: Run
  readonly requiresNew: Run
  readonly nested: Run
  readonly notSupported: Run
  /** The manager that the library's users work through. */
  manager(): EntityManager
  close(): Promise<void>
}

@Aggregate('propagated')
export class Propagated extends AggregateRoot {
  amount = 0

  @Records('added') add(event: { amount: number }): void {
    this.amount += event.amount
  }
}

class Refused extends Error {}

/** What has to hold with every such library, on every database. */
export function testPropagation(library: string, install: (of: DataSource) => Promise<Propagation>): void {
  describe.each(databases())(`${library} on $name`, (database) => {
    let dataSource: DataSource
    let store: EventStore
    let propagation: Propagation
    const heard: string[] = []
    let next = 0
    const fresh = (): string => `id-${next++}`
    const hasSavepointsOnly = database.name !== 'Postgres'

    beforeAll(async () => {
      dataSource = await database.openWith(ledgerEntities)
      propagation = await install(dataSource)
      store = new EventStore(dataSource, propagation.storeOptions)
      store.onCommitted(({ streams }) => {
        heard.push(...streams.map(({ aggregateId }) => aggregateId))
      })
    })
    afterAll(async () => {
      await propagation.close()
      await database.close(dataSource)
    })

    /** A handler as hosts write it: an aggregate, a row through TypeORM, a message, and no manager in sight. */
    const handle = async (id: string): Promise<void> => {
      await propagation.manager().insert(PlainBalance, { id, owner: 'ann', amount: 1, note: null })
      const one = store.repository(Propagated).create(id)
      one.add({ amount: 1 })
      const unit = store.beginUnitOfWork()
      unit.add(one)
      unit.send({ type: 'added', payload: { id } }, { source: one })
      await unit.commit()
    }

    /** Everything that is left of it, seen from outside. */
    const traces = async (id: string): Promise<readonly [number, number, number, number]> => {
      const count = async (table: string, column: string): Promise<number> => {
        const placeholder = dataSource.options.type === 'postgres' ? '$1' : '?'
        const runner = dataSource.createQueryRunner()
        const rows = (await runner.query(`select 1 from ${table} where ${column} = ${placeholder}`, [
          id,
        ])) as unknown[]
        await runner.release()
        return rows.length
      }
      return [
        await count('aggregate_events', 'aggregate_id'),
        await count('plain_balances', 'id'),
        await count('outbox_messages', 'source_id'),
        heard.filter((one) => one === id).length,
      ]
    }
    const ALL = [1, 1, 1, 1]
    const NOTHING = [0, 0, 0, 0]

    it('10.7 commits and loads take part in the propagated transaction', async () => {
      const id = fresh()
      await propagation.required(async () => {
        await handle(id)
        expect((await store.repository(Propagated).load(id))?.amount).toBe(1)
        expect(heard).not.toContain(id)
      })
      expect(await traces(id)).toEqual(ALL)
    })

    it('10.7 a handler that throws after its commit leaves no event, no row, no message, and no listener hears of it', async () => {
      const id = fresh()
      const accounts = store.repository(Propagated)
      const one = accounts.create(id)
      one.add({ amount: 2 })
      const failing = propagation.required(async () => {
        await propagation.manager().insert(PlainBalance, { id, owner: 'ann', amount: 1, note: null })
        await store.unitOfWork((work) => {
          work.add(one)
          work.send({ type: 'added', payload: {} }, { source: one })
        })
        throw new Refused()
      })
      await expect(failing).rejects.toThrow(Refused)
      expect(await traces(id)).toEqual(NOTHING)
      expect([one.committedVersion, one.pendingEvents.length]).toEqual([0, 1])
    })

    it('10.7 a transaction inside rolls back by itself, and the one around it goes on', async () => {
      const [outer, inner] = [fresh(), fresh()]
      await propagation.required(async () => {
        await handle(outer)
        const failing = propagation.nested(async () => {
          await handle(inner)
          throw new Refused()
        })
        await expect(failing).rejects.toThrow(Refused)
      })
      expect([await traces(outer), await traces(inner)]).toEqual([ALL, NOTHING])
    })

    it('10.7 what is required inside joins, and is rolled back with the transaction around it', async () => {
      const [first, second] = [fresh(), fresh()]
      const failing = propagation.required(async () => {
        await propagation.required(() => handle(first))
        await propagation.nested(() => handle(second))
        throw new Refused()
      })
      await expect(failing).rejects.toThrow(Refused)
      // A library whose NESTED is a transaction of its own keeps it.
      const kept = library.startsWith('typeorm-transactional') && !hasSavepointsOnly
      expect([await traces(first), await traces(second)]).toEqual([NOTHING, kept ? ALL : NOTHING])
    })

    it('10.7 a new transaction is kept when the one around it is rolled back; SQLite has only one', async () => {
      const [outer, inner] = [fresh(), fresh()]
      const failing = propagation.required(async () => {
        await handle(outer)
        await propagation.requiresNew(() => handle(inner))
        throw new Refused()
      })
      await expect(failing).rejects.toThrow(Refused)
      expect([await traces(outer), await traces(inner)]).toEqual([NOTHING, hasSavepointsOnly ? NOTHING : ALL])
    })

    it('10.7 without a transaction a commit stands by itself; on SQLite it takes part all the same', async () => {
      const id = fresh()
      const failing = propagation.required(async () => {
        await propagation.notSupported(() => handle(id))
        throw new Refused()
      })
      await expect(failing).rejects.toThrow(Refused)
      expect(await traces(id)).toEqual(hasSavepointsOnly ? NOTHING : ALL)
    })

    it('10.1 a conflict leaves the propagated transaction usable', async () => {
      const [taken, other] = [fresh(), fresh()]
      await handle(taken)
      await propagation.required(async () => {
        const late = store.repository(Propagated).create(taken)
        late.add({ amount: 1 })
        await expect(store.commit(late)).rejects.toThrow(ConcurrentWriteError)
        await handle(other)
      })
      expect(await traces(other)).toEqual(ALL)
    })

    it('10.7 units of work, messages handled once, and locks take part', async () => {
      const [kept, lost] = [fresh(), fresh()]
      const request = (id: string) => async (): Promise<void> => {
        const stream = { aggregateType: 'propagated', aggregateId: id }
        await store.withLock(stream, async () => {
          await store.handleOnce({ consumer: 'requests', messageId: id }, async (work) => {
            const one = work.create(Propagated, id)
            one.add({ amount: 3 })
            work.insert(PlainBalance, { id, owner: 'ann', amount: 3, note: null, state: 'open' })
            work.send({ type: 'added', payload: {} }, { source: one })
          })
        })
        expect(await store.outbox.counts()).toBeDefined()
        const acrossProcesses = store.withLock(stream, async () => {}, { across: 'processes' })
        await expect(acrossProcesses).rejects.toThrow(InvalidArgumentError)
        if (id === lost) throw new Refused()
      }
      await expect(propagation.required(request(lost))).rejects.toThrow(Refused)
      await propagation.required(request(kept))
      await propagation.required(request(kept)) // Delivered again: handled already.
      expect([await traces(kept), await traces(lost)]).toEqual([ALL, NOTHING])
      const marks: { message_id: string }[] = await dataSource.query(
        'select message_id from processed_messages',
      )
      expect(marks.map(({ message_id }) => message_id)).toEqual([kept])
    })

    it('10.7 of 50 requests at once none sees or ends the transaction of another', async () => {
      const ids = Array.from({ length: 50 }, fresh)
      const outcomes = await Promise.allSettled(
        ids.map((id, index) =>
          propagation.required(async () => {
            await handle(id)
            await sleep(index % 7)
            const seen = await store.repository(Propagated).loadMany(ids)
            // Others may be there, but only when their transactions have committed.
            const open = seen.filter(({ aggregateId }) => aggregateId !== id)
            for (const { aggregateId } of open) expect(ids.indexOf(aggregateId) % 3).not.toBe(0)
            expect(seen.map(({ aggregateId }) => aggregateId)).toContain(id)
            if (index % 3 === 0) throw new Refused()
          }),
        ),
      )
      for (const [index, id] of ids.entries()) {
        const refused = index % 3 === 0
        expect(outcomes[index]?.status).toBe(refused ? 'rejected' : 'fulfilled')
        expect(await traces(id)).toEqual(refused ? NOTHING : ALL)
      }
    })

    it('10.8 work that is left behind fails once its transaction has ended, and writes nowhere', async () => {
      const [early, late, rolledBack] = [fresh(), fresh(), fresh()]
      const left: Promise<unknown>[] = []
      let end!: () => void
      const ended = new Promise<void>((resolve) => (end = resolve))
      const commitOf = async (id: string): Promise<unknown> => {
        const one = store.repository(Propagated).create(id)
        one.add({ amount: 1 })
        if (id !== early) await ended
        return store.commit(one)
      }
      await propagation.required(async () => {
        left.push(commitOf(late))
        await commitOf(early)
      })
      const failing = propagation.required(async () => {
        left.push(
          commitOf(rolledBack),
          ended.then(() => store.repository(Propagated).load(early)),
        )
        throw new Refused()
      })
      await expect(failing).rejects.toThrow(Refused)
      end()
      for (const outcome of await Promise.allSettled(left))
        expect(outcome).toMatchObject({ reason: expect.any(StorageError) })
      expect([await traces(early), await traces(late), await traces(rolledBack)]).toEqual([
        [1, 0, 0, 1],
        NOTHING,
        NOTHING,
      ])
    })

    it('10.8 work that is left behind may have a transaction of its own', async () => {
      const id = fresh()
      let left: Promise<unknown> | undefined
      let end!: () => void
      const ended = new Promise<void>((resolve) => (end = resolve))
      await propagation.required(async () => {
        left = ended.then(() => propagation.requiresNew(() => handle(id)))
      })
      end()
      await left
      expect(await traces(id)).toEqual(ALL)
    })

    it('10.3 requests leave no connection and no transaction behind', async () => {
      await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          propagation.required(async () => {
            await handle(fresh())
            if (index % 2 === 0) throw new Refused()
          }),
        ),
      )
      const id = fresh()
      await handle(id)
      expect(await traces(id)).toEqual(ALL)
      // A connection goes back at the latest when the event loop turns.
      await loopTurn()
      const pool = (dataSource.driver as { master?: { totalCount?: number; idleCount?: number } }).master
      expect(pool?.idleCount).toBe(pool?.totalCount)
    })
  })
}
