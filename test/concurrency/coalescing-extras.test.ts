import fc from 'fast-check'
import type { DataSource } from 'typeorm'
import {
  Aggregate,
  AggregateRoot,
  ConcurrentWriteError,
  DuplicateMessageError,
  DuplicateOutboxMessageError,
  EventStore,
  Records,
} from '../../src/index.js'
import type { StreamAppend, UnitOfWork } from '../../src/index.js'
import { databasesAndPooler } from '../support/databases.js'

@Aggregate('counter', { snapshots: { every: 2 } })
class Counter extends AggregateRoot {
  count = 0

  @Records('counted')
  add(): void {
    this.count++
  }
}

const to = (aggregateId: string, expectedVersion: StreamAppend['expectedVersion']): StreamAppend => ({
  aggregateType: 'shared',
  aggregateId,
  expectedVersion,
  events: [{ name: 'counted' }],
})

describe.each(databasesAndPooler())(
  'commits of more than events at the same time on %s',
  (_, options, database) => {
    let dataSource: DataSource
    let store: EventStore
    let statements = 0

    beforeAll(async () => {
      dataSource = await database.open()
      store = new EventStore(dataSource, options)
      await store.verifySchema()
      const { logger } = dataSource
      const log = logger.logQuery.bind(logger)
      logger.logQuery = (query, ...more) => {
        if (query.includes('insert into')) statements++
        log(query, ...more)
      }
    })
    afterAll(() => database.close(dataSource))
    beforeEach(() => (statements = 0))

    const column = async (table: string, name: string): Promise<unknown[]> =>
      (await dataSource.query<Record<string, unknown>[]>(`select ${name} from ${table} order by 1`)).map(
        (row) => row[name],
      )
    const versionOf = async (aggregateId: string): Promise<number> => {
      let version = 0
      for await (const { sequence } of store.readStream({ aggregateType: 'shared', aggregateId }))
        version = sequence
      return version
    }
    const commit = (id: string, more: (work: UnitOfWork) => void, expected = 0): Promise<unknown> =>
      store.unitOfWork((work) => {
        work.append(to(id, expected))
        more(work)
      })

    it('3.12 share statements: their messages, marks and snapshots are stored with their events', async () => {
      const counters = store.repository(Counter)
      await Promise.all([
        ...Array.from({ length: 100 }, (_, index) =>
          commit(`both-${index}`, (work) => {
            work.send({ messageId: `message-${index}`, type: 'counted', payload: { index } })
            work.processed('reader', `handled-${index}`)
          }),
        ),
        ...Array.from({ length: 50 }, (_, index) => {
          const counter = counters.create(`counter-${index}`)
          counter.add()
          counter.add()
          return counters.commit(counter)
        }),
        ...Array.from({ length: 50 }, (_, index) => store.append(to(`plain-${index}`, 0))),
      ])
      expect(statements).toBeLessThan(60)
      expect(await column('outbox_messages', 'message_id')).toHaveLength(100)
      expect(await column('processed_messages', 'message_id')).toHaveLength(100)
      expect(await column('aggregate_snapshots', 'aggregate_id')).toHaveLength(50)
      expect([await versionOf('both-99'), await versionOf('plain-49')]).toEqual([1, 1])
      expect((await counters.load('counter-49'))?.count).toBe(2)
    })

    it("3.12 what fails in one of them is that commit's alone, and leaves nothing of it", async () => {
      await commit('before', (work) => {
        work.send({ messageId: 'sent', type: 'counted' })
        work.processed('reader', 'handled')
      })
      const good = (id: string): Promise<unknown> =>
        commit(id, (work) => work.send({ messageId: `of ${id}`, type: 'counted' }))
      const outcomes = await Promise.allSettled([
        good('first'),
        ...Array.from({ length: 10 }, (_, index) => good(`good-${index}`)),
        commit('sent-again', (work) => work.send({ messageId: 'sent', type: 'counted' })),
        commit('handled-again', (work) => work.processed('reader', 'handled')),
        commit('before', (work) => work.send({ messageId: 'of a conflict', type: 'counted' })),
        commit('twin-1', (work) => work.processed('reader', 'twin')),
        commit('twin-2', (work) => work.processed('reader', 'twin')),
        ...Array.from({ length: 10 }, (_, index) => good(`fine-${index}`)),
      ])
      const errors = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as Error).constructor] : [],
      )
      expect(errors).toEqual([
        DuplicateOutboxMessageError,
        DuplicateMessageError,
        ConcurrentWriteError,
        DuplicateMessageError,
      ])
      for (const id of ['sent-again', 'handled-again']) expect(await versionOf(id)).toBe(0)
      expect((await versionOf('twin-1')) + (await versionOf('twin-2'))).toBe(1)
      const messages = await column('outbox_messages', 'message_id')
      expect(messages).not.toContain('of a conflict')
      expect(messages.filter((id) => String(id).startsWith('of '))).toHaveLength(21)
    })

    it('3.12 of two in one of them that send the same message, one is refused', async () => {
      const send = (id: string): Promise<unknown> =>
        commit(id, (work) => work.send({ messageId: 'of both', type: 'counted' }))
      // What is asked for while the first one is written goes together.
      const [, ...outcomes] = await Promise.allSettled([
        store.append(to('first-of-all', 0)),
        send('one'),
        send('other'),
      ])
      const reasons = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      )
      expect(reasons).toEqual([expect.any(DuplicateOutboxMessageError)])
      expect((await versionOf('one')) + (await versionOf('other'))).toBe(1)
    })

    it('3.12 one that is alone takes one statement for each kind of thing', async () => {
      await commit('alone', (work) => {
        work.send({ messageId: 'alone', type: 'counted' })
        work.processed('reader', 'alone')
      })
      expect(statements).toBe(3)
    })

    it.each([true, false])(
      '3.12 keep every promise in any interleaving; coalesceCommits: %s',
      async (coalesceCommits) => {
        let run = 0
        const ids = (...names: string[]): fc.Arbitrary<string | undefined> =>
          fc.option(fc.constantFrom(...names), { nil: undefined, freq: 3 })
        const oneCommit = fc.record({
          stream: fc.constantFrom('w', 'x', 'y', 'z', 'v', 'u'),
          expected: fc.nat(2),
          message: ids('a', 'b', 'c'),
          mark: ids('a', 'b', 'c'),
        })
        await fc.assert(
          fc.asyncProperty(fc.array(oneCommit, { minLength: 1, maxLength: 25 }), async (commits) => {
            const tested = new EventStore(dataSource, { ...options, coalesceCommits })
            const prefix = `${String(coalesceCommits)}-${run++}-`
            const outcomes = await Promise.allSettled(
              commits.map(({ stream, expected, message, mark }) =>
                tested.unitOfWork((work) => {
                  work.append(to(prefix + stream, expected))
                  if (message !== undefined) work.send({ messageId: prefix + message, type: 'counted' })
                  if (mark !== undefined) work.processed('reader', prefix + mark)
                }),
              ),
            )
            const accepted = commits.filter((_, index) => outcomes[index]!.status === 'fulfilled')
            const has = { streams: new Map<string, number>(), messages: new Set(), marks: new Set() }
            for (const { stream, message, mark } of accepted) {
              has.streams.set(stream, (has.streams.get(stream) ?? 0) + 1)
              for (const [set, id] of [
                [has.messages, message],
                [has.marks, mark],
              ] as const) {
                if (id === undefined) continue
                expect(set.has(id)).toBe(false)
                set.add(id)
              }
            }
            outcomes.forEach((outcome, index) => {
              if (outcome.status === 'fulfilled') return
              const { message, mark } = commits[index]!
              // Whatever made a commit fail was there in the end, or the commit was too early or too late.
              if (outcome.reason instanceof DuplicateOutboxMessageError)
                expect(has.messages).toContain(message)
              else if (outcome.reason instanceof DuplicateMessageError) expect(has.marks).toContain(mark)
              else expect(outcome.reason).toBeInstanceOf(ConcurrentWriteError)
            })
            for (const [stream, version] of has.streams)
              expect(await versionOf(prefix + stream)).toBe(version)
            const stored = async (table: string): Promise<unknown[]> =>
              (await column(table, 'message_id')).filter((id) => String(id).startsWith(prefix))
            expect(await stored('outbox_messages')).toHaveLength(has.messages.size)
            expect(await stored('processed_messages')).toHaveLength(has.marks.size)
          }),
          { numRuns: 30 },
        )
      },
    )
  },
)
