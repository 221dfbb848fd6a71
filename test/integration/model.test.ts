import fc from 'fast-check'
import type { DataSource } from 'typeorm'
import { ConcurrentWriteError, EventStore } from '../../src/index.js'
import type { ExpectedVersion, RecordedEvent, StreamAppend } from '../../src/index.js'
import { databases } from '../support/databases.js'

/** The store as it should behave, in a few lines: streams of payloads and one list of everything. */
class Model {
  readonly streams = new Map<string, unknown[]>()
  readonly all: { id: string; sequence: number; payload: unknown }[] = []

  /** Gives the first stream that is not as expected, or applies the appends. */
  append(appends: readonly StreamAppend[]): string | undefined {
    const refused = appends.find(({ aggregateId, expectedVersion }) => {
      const version = this.version(aggregateId)
      if (expectedVersion === 'any') return false
      if (expectedVersion === 'stream-exists') return version === 0
      return version !== (expectedVersion === 'no-stream' ? 0 : expectedVersion)
    })
    if (refused !== undefined) return refused.aggregateId
    for (const { aggregateId, events = [] } of appends) {
      const stream = this.streams.get(aggregateId) ?? []
      for (const { payload } of events) {
        stream.push(payload)
        this.all.push({ id: aggregateId, sequence: stream.length, payload })
      }
      if (stream.length > 0) this.streams.set(aggregateId, stream)
    }
    return undefined
  }

  version(id: string): number {
    return this.streams.get(id)?.length ?? 0
  }

  copy(): Model {
    const copy = new Model()
    for (const [id, payloads] of this.streams) copy.streams.set(id, [...payloads])
    copy.all.push(...this.all)
    return copy
  }
}

const IDS = ['a', 'b', 'c:d', 'é"\'']

/** As JSON knows it: without -0, which it writes as 0. */
const payload = fc
  .jsonValue({ maxDepth: 2, stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)

const appends = fc
  .uniqueArray(
    fc.record({
      aggregateId: fc.constantFrom(...IDS),
      // Relative to the true version, so that most appends fit and some do not.
      expected: fc.oneof(
        { weight: 4, arbitrary: fc.constant('exact' as const) },
        fc.constantFrom(
          'stale' as const,
          'ahead' as const,
          'any' as const,
          'no-stream' as const,
          'stream-exists' as const,
        ),
      ),
      payloads: fc.array(payload, { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4, selector: ({ aggregateId }) => aggregateId },
  )
  .map((streams) => ({ kind: 'append' as const, streams }))

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: appends },
    fc.record({
      kind: fc.constantFrom('commit' as const, 'rollback' as const),
      inner: fc.array(appends, { maxLength: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 8 },
)

type Append = typeof appends extends fc.Arbitrary<infer T> ? T : never

for (const database of databases()) {
  describe(database.name, () => {
    let dataSource: DataSource
    let run = 0

    beforeAll(async () => {
      dataSource = await database.open()
    })
    afterAll(() => database.close(dataSource))

    it('1.3, 3.1, 3.2, 9.2, 10.1 agrees with the model over random appends and host transactions', async () => {
      const store = new EventStore(dataSource)
      await fc.assert(
        fc.asyncProperty(steps, async (plan) => {
          const aggregateType = `model-${++run}`
          let model = new Model()
          const append = async (target: EventStore, { streams }: Append): Promise<void> => {
            const request = streams.map(({ aggregateId, expected, payloads }) => ({
              aggregateType,
              aggregateId,
              expectedVersion: expectedVersion(expected, model.version(aggregateId)),
              events: payloads.map((payload) => ({ name: 'happened', payload })),
            }))
            const refused = model.append(request)
            const outcome = target.append(request)
            if (refused === undefined) await outcome
            else await expect(outcome).rejects.toThrow(ConcurrentWriteError)
            await assertSame(target, aggregateType, model)
          }
          for (const step of plan) {
            if (step.kind === 'append') {
              await append(store, step)
              continue
            }
            const before = model.copy()
            await dataSource
              .transaction(async (manager) => {
                for (const inner of step.inner) await append(store.within(manager), inner)
                if (step.kind === 'rollback') throw new Rollback()
              })
              .catch((error: unknown) => {
                if (!(error instanceof Rollback)) throw error
                model = before
              })
            await assertSame(store, aggregateType, model)
          }
        }),
        { numRuns: 25 },
      )
    })
  })
}

class Rollback extends Error {}

function expectedVersion(kind: Append['streams'][number]['expected'], version: number): ExpectedVersion {
  if (kind === 'exact') return version
  if (kind === 'ahead') return version + 1
  if (kind === 'stale') return Math.max(version - 1, 0)
  return kind
}

async function assertSame(store: EventStore, aggregateType: string, model: Model): Promise<void> {
  const brief = ({ aggregateId, sequence, payload }: RecordedEvent) => ({
    id: aggregateId,
    sequence,
    payload,
  })
  const all: RecordedEvent[] = []
  for await (const event of store.readAll({ aggregateTypes: [aggregateType], pageSize: 3 })) all.push(event)
  expect(all.map(brief)).toEqual(model.all)
  for (const id of IDS) {
    const payloads: unknown[] = []
    for await (const { payload } of store.readStream({ aggregateType, aggregateId: id }, { pageSize: 2 }))
      payloads.push(payload)
    expect(payloads).toEqual(model.streams.get(id) ?? [])
  }
}
