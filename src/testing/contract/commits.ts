import assert from 'node:assert/strict'
import { ConcurrentWriteError } from '../../index.js'
import type { ExpectedVersion, NewEvent, StreamIdentity } from '../../index.js'
import {
  collect,
  freshStream,
  freshType,
  sequencesOf,
  versionOf,
  withoutColumns,
} from './contract-context.js'
import type { ContractContext } from './contract-context.js'

const NOTED: NewEvent = { name: 'noted', payload: { text: 'x' } }

export function commitsContract({ describe, it, store, dataSource }: ContractContext): void {
  const existing = async (length: number): Promise<StreamIdentity> => {
    const stream = freshStream()
    if (length > 0) {
      await store().append({ ...stream, expectedVersion: 0, events: Array<NewEvent>(length).fill(NOTED) })
    }
    return stream
  }

  describe('commits', () => {
    const accepted: readonly (readonly [ExpectedVersion, number, boolean])[] = [
      [0, 0, true],
      [0, 2, false],
      [2, 2, true],
      [1, 2, false],
      [3, 2, false],
      [1, 0, false],
      ['no-stream', 0, true],
      ['no-stream', 2, false],
      ['stream-exists', 0, false],
      ['stream-exists', 2, true],
      ['any', 0, true],
      ['any', 2, true],
    ]
    for (const [expectedVersion, version, fits] of accepted) {
      const verb = fits ? 'accepts' : 'refuses'
      it(`3.2 expecting ${expectedVersion} ${verb} a stream at version ${version}`, async () => {
        const stream = await existing(version)
        const append = store().append({ ...stream, expectedVersion, events: [NOTED, NOTED] })
        if (fits) {
          const { streams } = await append
          assert.equal(streams[0]!.version, version + 2)
          assert.deepEqual(sequencesOf(streams[0]!.events), [version + 1, version + 2])
        } else {
          await assert.rejects(append, conflict(stream, expectedVersion, version))
        }
        assert.equal(await versionOf(store(), stream), fits ? version + 2 : version)
      })

      it(`3.5 only checking ${expectedVersion} ${verb} a stream at version ${version}`, async () => {
        const checked = await existing(version)
        const written = await existing(0)
        const both = [
          { ...written, expectedVersion: 0, events: [NOTED] },
          { ...checked, expectedVersion },
        ]
        if (fits) await store().append(both)
        else await assert.rejects(store().append(both), conflict(checked, expectedVersion, version))
        const alone = store().append({ ...checked, expectedVersion })
        if (fits) assert.deepEqual((await alone).events, [])
        else await assert.rejects(alone, conflict(checked, expectedVersion, version))
        assert.equal(await versionOf(store(), written), fits ? 1 : 0)
        assert.equal(await versionOf(store(), checked), version)
      })
    }

    it('3.1 many streams are written together, in the order handed in', async () => {
      const streams = [freshStream(), freshStream(), freshStream()]
      const commit = await store().append(
        streams.map((stream) => ({ ...stream, expectedVersion: 'no-stream', events: [NOTED, NOTED] })),
      )
      assert.deepEqual(
        commit.events.map(({ aggregateId, sequence }) => [aggregateId, sequence]),
        streams.flatMap(({ aggregateId }) => [
          [aggregateId, 1],
          [aggregateId, 2],
        ]),
      )
      const positions = commit.events.map(({ position }) => position)
      assert.deepEqual(
        positions,
        [...positions].sort((a, b) => a - b),
      )
      for (const stream of streams) {
        const read = (await collect(store().readStream(stream))).map(withoutColumns)
        assert.deepEqual(
          read,
          commit.streams.find(({ aggregateId }) => aggregateId === stream.aggregateId)!.events,
        )
        assert.ok(read.every(({ commitId }) => commitId === commit.commitId))
      }
    })

    it('3.1 if the last stream conflicts, nothing of the commit is visible', async () => {
      const streams = [freshStream(), freshStream(), await existing(1)]
      await assert.rejects(
        store().append(streams.map((stream) => ({ ...stream, expectedVersion: 0, events: [NOTED] }))),
        conflict(streams[2]!, 0, 1),
      )
      assert.deepEqual(await Promise.all(streams.map((stream) => versionOf(store(), stream))), [0, 0, 1])
    })

    it('3.3 the conflict carries the facts and a stream id that cannot be misread', async () => {
      const stream = { aggregateType: freshType(), aggregateId: `"quoted", "aggregateType": "x"` }
      await store().append({ ...stream, expectedVersion: 0, events: [NOTED] })
      const error = await store()
        .append({ ...stream, expectedVersion: 'no-stream', events: [NOTED] })
        .then(() => assert.fail('not refused'))
        .catch((caught: unknown) => caught)
      assert.ok(error instanceof ConcurrentWriteError)
      assert.deepEqual(JSON.parse(error.streamId), stream)
      assert.equal(error.code, 'CONCURRENT_WRITE')
      assert.equal(error.retryable, true)
    })

    it('3.8 an append of nothing succeeds', async () => {
      assert.deepEqual(await store().append([]), { commitId: undefined, streams: [], events: [] })
      const stream = freshStream()
      assert.deepEqual((await store().append({ ...stream, expectedVersion: 0, events: [] })).events, [])
      assert.equal(await versionOf(store(), stream), 0)
    })

    it('3.1 a commit may hold 5,000 events', async () => {
      const [stream, other] = [freshStream(), freshStream()]
      const events = Array.from({ length: 5_000 }, (_, index) => ({ name: 'counted', payload: { index } }))
      await store().append({ ...stream, expectedVersion: 0, events })
      await store().append([
        { ...stream, expectedVersion: 5_000, events: events.slice(0, 2_500) },
        { ...other, expectedVersion: 0, events: events.slice(2_500) },
      ])
      let sequence = 0
      for await (const event of store().readStream(stream)) {
        sequence += 1
        assert.equal(event.sequence, sequence)
        assert.deepEqual(event.payload, { index: (sequence - 1) % 5_000 })
      }
      assert.equal(sequence, 7_500)
      assert.equal(await versionOf(store(), other), 2_500)
    })

    it('3.1 one commit may name 2,000 streams', async () => {
      const streams = Array.from({ length: 2_000 }, () => freshStream())
      const commit = await store().append(
        streams.map((stream) => ({ ...stream, expectedVersion: 'no-stream', events: [NOTED] })),
      )
      assert.equal(commit.streams.length, 2_000)
      assert.equal(new Set(commit.events.map(({ position }) => position)).size, 2_000)
    })

    it('2.5 events carry the time of the insert, the same for the whole commit', async () => {
      const before = Date.now()
      const { events } = await store().append([
        { ...freshStream(), expectedVersion: 0, events: [NOTED, NOTED] },
        { ...freshStream(), expectedVersion: 0, events: [NOTED] },
      ])
      const times = new Set(events.map(({ recordedAt }) => recordedAt.getTime()))
      assert.equal(times.size, 1)
      // The database may run on another machine; its clock is trusted to a minute here.
      assert.ok(Math.abs(before - [...times][0]!) < 60_000)
    })

    it('3.3 of 32 writers for one sequence one wins, and the others learn the true version', async () => {
      const stream = await existing(3)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 32 }, () =>
          store().append({ ...stream, expectedVersion: 3, events: [NOTED, NOTED] }),
        ),
      )
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.ok(conflict(stream, 3, 5)(outcome.reason))
      }
      assert.deepEqual(sequencesOf(await collect(store().readStream(stream))), [1, 2, 3, 4, 5])
    })

    it("3.4 32 writers that expect 'any' all succeed, without a gap", async () => {
      const stream = freshStream()
      await Promise.all(
        Array.from({ length: 32 }, () =>
          store().append({ ...stream, expectedVersion: 'any', events: [NOTED, NOTED] }),
        ),
      )
      const events = await collect(store().readStream(stream))
      assert.deepEqual(
        sequencesOf(events),
        Array.from({ length: 64 }, (_, index) => index + 1),
      )
      const positions = events.map(({ position }) => position)
      assert.deepEqual(
        positions,
        [...positions].sort((a, b) => a - b),
      )
    })

    it('2.2 the event table holds what was appended and nothing else', async () => {
      const stream = freshStream()
      await store().append([
        { ...freshStream(), expectedVersion: 0, events: [NOTED] },
        { ...stream, expectedVersion: 0 },
      ])
      const rows: unknown[] = await dataSource().manager.find(eventEntityOf(dataSource()), {
        where: { aggregateId: stream.aggregateId },
      })
      assert.deepEqual(rows, [])
    })
  })
}

function eventEntityOf(dataSource: ReturnType<ContractContext['dataSource']>): string {
  return dataSource.entityMetadatas.find(({ columns }) =>
    columns.some(({ propertyName }) => propertyName === 'eventName'),
  )!.name
}

function conflict(
  stream: StreamIdentity,
  expectedVersion: ExpectedVersion,
  actualVersion: number,
): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConcurrentWriteError, String(error))
    assert.equal(error.aggregateType, stream.aggregateType)
    assert.equal(error.aggregateId, stream.aggregateId)
    assert.equal(error.expectedVersion, expectedVersion)
    assert.equal(error.actualVersion, actualVersion)
    return true
  }
}
