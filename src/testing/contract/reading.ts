import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from '../../index.js'
import type { NewEvent } from '../../index.js'
import { collect, freshStream, freshType, sequencesOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

export function readingContract({ describe, it, store }: ContractContext): void {
  const numbered = (count: number): NewEvent[] =>
    Array.from({ length: count }, (_, index) => ({ name: 'numbered', payload: index + 1 }))

  describe('reading', () => {
    it('9.1 reads a stream forward and backward, from a sequence and up to a version, at every page size', async () => {
      const stream = freshStream()
      await store().append({ ...stream, expectedVersion: 0, events: numbered(7) })
      const read = async (
        options: Parameters<ReturnType<typeof store>['readStream']>[1],
      ): Promise<number[]> => sequencesOf(await collect(store().readStream(stream, options)))
      for (const pageSize of [1, 2, 3, 7, 8, 500]) {
        assert.deepEqual(await read({ pageSize }), [1, 2, 3, 4, 5, 6, 7])
        assert.deepEqual(await read({ pageSize, direction: 'backward' }), [7, 6, 5, 4, 3, 2, 1])
        assert.deepEqual(await read({ pageSize, fromSequence: 3, toVersion: 5 }), [3, 4, 5])
        assert.deepEqual(
          await read({ pageSize, fromSequence: 3, toVersion: 5, direction: 'backward' }),
          [5, 4, 3],
        )
        assert.deepEqual(await read({ pageSize, fromSequence: 8 }), [])
        assert.deepEqual(await read({ pageSize, toVersion: 0 }), [])
        assert.deepEqual(await read({ pageSize, fromSequence: 6, toVersion: 100 }), [6, 7])
      }
    })

    it('9.1 reads a stream up to a time', async () => {
      const stream = freshStream()
      const times: number[] = []
      for (let version = 0; version < 4; version++) {
        const { events } = await store().append({ ...stream, expectedVersion: version, events: numbered(1) })
        times.push(events[0]!.recordedAt.getTime())
        await sleep(3)
      }
      const upTo = async (toTime: Date): Promise<number[]> =>
        sequencesOf(await collect(store().readStream(stream, { toTime })))
      assert.deepEqual(await upTo(new Date(times[0]! - 1)), [])
      assert.deepEqual(await upTo(new Date(times[0]!)), [1])
      assert.deepEqual(await upTo(new Date(times[2]!)), [1, 2, 3])
      assert.deepEqual(await upTo(new Date(times[3]! + 60_000)), [1, 2, 3, 4])
    })

    it('9.1 a reader that stops early leaves nothing behind', async () => {
      const stream = freshStream()
      await store().append({ ...stream, expectedVersion: 0, events: numbered(10) })
      for (let round = 0; round < 30; round++) {
        for await (const event of store().readStream(stream, { pageSize: 2 })) if (event.sequence === 3) break
      }
      assert.equal((await collect(store().readStream(stream))).length, 10)
    })

    it('9.2 readAll gives every event in the global order, after or from a position', async () => {
      const aggregateTypes = [freshType()]
      const streams = [freshStream(aggregateTypes[0]), freshStream(aggregateTypes[0])]
      for (let version = 0; version < 5; version++) {
        for (const stream of streams)
          await store().append({ ...stream, expectedVersion: version, events: numbered(1) })
      }
      const all = await collect(store().readAll({ aggregateTypes }))
      assert.deepEqual(
        all.map(({ aggregateId, sequence }) => [aggregateId, sequence]),
        [1, 2, 3, 4, 5].flatMap((sequence) => streams.map(({ aggregateId }) => [aggregateId, sequence])),
      )
      const third = all[2]!.position
      for (const pageSize of [1, 3, 500]) {
        assert.deepEqual(
          await collect(store().readAll({ aggregateTypes, pageSize, after: third })),
          all.slice(3),
        )
        assert.deepEqual(
          await collect(store().readAll({ aggregateTypes, pageSize, from: third })),
          all.slice(2),
        )
        assert.deepEqual(
          await collect(store().readAll({ aggregateTypes, pageSize, limit: 4 })),
          all.slice(0, 4),
        )
      }
      assert.deepEqual(await collect(store().readAll({ after: all.at(-1)!.position, aggregateTypes })), [])
    })

    it('9.4 filters by type, name and metadata, before the limit', async () => {
      const [one, two] = [freshType(), freshType()]
      const events = (tenant: string): NewEvent[] => [
        { name: 'opened', metadata: { tenant, nested: { deep: true }, level: 1, ok: true, none: null } },
        { name: 'closed', metadata: { tenant } },
      ]
      await store().append([
        { ...freshStream(one), expectedVersion: 0, events: events('a') },
        { ...freshStream(two), expectedVersion: 0, events: events('b') },
        { ...freshStream(one), expectedVersion: 0, events: events('b') },
      ])
      const found = async (options: Parameters<ReturnType<typeof store>['readAll']>[0]): Promise<string[]> =>
        (await collect(store().readAll({ aggregateTypes: [one, two], ...options }))).map(
          ({ name, metadata }) => `${name} ${String(metadata['tenant'])}`,
        )
      assert.deepEqual(await found({ aggregateTypes: [one] }), [
        'opened a',
        'closed a',
        'opened b',
        'closed b',
      ])
      assert.deepEqual(await found({ eventNames: ['closed'] }), ['closed a', 'closed b', 'closed b'])
      assert.deepEqual(await found({ metadata: { tenant: 'a' } }), ['opened a', 'closed a'])
      assert.deepEqual(await found({ metadata: { tenant: 'b', level: 1, ok: true, none: null } }), [
        'opened b',
        'opened b',
      ])
      assert.deepEqual(await found({ metadata: { level: '1' } }), [])
      assert.deepEqual(await found({ metadata: { ok: 1 } }), [])
      assert.deepEqual(await found({ metadata: { missing: null } }), [])
      assert.deepEqual(
        await found({ aggregateTypes: [one], eventNames: ['closed'], metadata: { tenant: 'b' }, limit: 1 }),
        ['closed b'],
      )
      assert.deepEqual(await found({ aggregateTypes: [] }), [])
    })

    it('3.6 options that nobody reads and impossible values are refused at once', () => {
      const stream = freshStream()
      const refused: readonly (() => unknown)[] = [
        () => store().readStream(stream, { pageSize: 0 }),
        () => store().readStream(stream, { fromVersion: 1 } as never),
        () => store().readStream(stream, { toVersion: -1 }),
        () => store().readAll({ after: 1, from: 1 }),
        () => store().readAll({ after: 1.5 }),
        () => store().readAll({ limit: 0 }),
        () => store().readAll({ metadata: { nested: {} } }),
        () => store({ codec: 1 } as never),
        () => store({ sqliteLockTimeoutMs: -1 }),
      ]
      for (const call of refused) assert.throws(call, InvalidArgumentError)
      return Promise.resolve()
    })
  })
}
