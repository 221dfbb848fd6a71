import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { ConcurrentWriteError, EventStore } from '../../src/index.js'
import type { StreamIdentity } from '../../src/index.js'
import { databases, postgres } from '../support/databases.js'
import { seededRandom } from '../support/random.js'

const EVENTS = [{ name: 'moved' }]

for (const database of databases()) {
  describe(database.name, () => {
    let dataSource: DataSource
    let store: EventStore

    beforeAll(async () => {
      dataSource = await database.open()
      store = new EventStore(dataSource)
    })
    afterAll(() => database.close(dataSource))

    const versionOf = async (stream: StreamIdentity): Promise<number> => {
      for await (const { sequence } of store.readStream(stream, { direction: 'backward', pageSize: 1 }))
        return sequence
      return 0
    }

    it('3.5 two commits that each check what the other writes never both succeed', async () => {
      for (let round = 0; round < 100; round++) {
        const [a, b] = [
          { aggregateType: 'skew', aggregateId: `a${round}` },
          { aggregateType: 'skew', aggregateId: `b${round}` },
        ]
        // Doctors on call: each goes home if the other stays.
        const home = (self: StreamIdentity, other: StreamIdentity): Promise<unknown> =>
          store.append([
            { ...self, expectedVersion: 'no-stream', events: EVENTS },
            { ...other, expectedVersion: 0 },
          ])
        const outcomes = await Promise.allSettled([home(a, b), home(b, a)])
        const won = outcomes.filter(({ status }) => status === 'fulfilled').length
        expect(won).toBe(1)
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ConcurrentWriteError)
        }
        expect((await versionOf(a)) + (await versionOf(b))).toBe(1)
      }
    })

    it('3.5, 3.9 random commits that write and check overlapping streams stay serializable, without a deadlock', async () => {
      const streams = Array.from({ length: 6 }, (_, id) => ({
        aggregateType: 'serial',
        aggregateId: `s${id}`,
      }))
      const log: { written: Map<string, number>; checked: Map<string, number> }[] = []
      const worker = async (seed: number): Promise<void> => {
        const random = seededRandom(seed)
        for (let round = 0; round < 25; round++) {
          const chosen = [...streams].sort(() => random() - 0.5).slice(0, 3)
          const versions = await Promise.all(chosen.map(versionOf))
          const plan = chosen.map((stream, index) => ({
            ...stream,
            expectedVersion: versions[index]!,
            events: index === 0 || random() < 0.3 ? EVENTS : [],
          }))
          try {
            await store.append(plan)
          } catch (error) {
            if (!(error instanceof ConcurrentWriteError)) throw error
            continue
          }
          const part = (writes: boolean): Map<string, number> =>
            new Map(
              plan
                .filter(({ events }) => events.length > 0 === writes)
                .map(({ aggregateId, expectedVersion }) => [aggregateId, expectedVersion]),
            )
          log.push({ written: part(true), checked: part(false) })
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, seed) => worker(seed)))
      expect(log.length).toBeGreaterThan(20)
      expect(isSerializable(log)).toBe(true)
    })
  })
}

/**
 * Whether an order of the commits exists in which each finds the versions that it expected: a graph of who has
 * to come before whom, without a cycle.
 */
function isSerializable(
  log: readonly { written: Map<string, number>; checked: Map<string, number> }[],
): boolean {
  const successors = log.map(() => new Set<number>())
  log.forEach((one, first) => {
    log.forEach((two, second) => {
      if (first === second) return
      for (const [id, version] of one.written) {
        const seen = two.written.get(id) ?? two.checked.get(id)
        if (seen !== undefined && seen > version) successors[first]!.add(second)
      }
      for (const [id, version] of one.checked) {
        const moved = two.written.get(id)
        if (moved !== undefined && moved >= version) successors[first]!.add(second)
      }
    })
  })
  const state = new Map<number, 'open' | 'done'>()
  const acyclic = (node: number): boolean => {
    if (state.get(node) === 'done') return true
    if (state.get(node) === 'open') return false
    state.set(node, 'open')
    const fine = [...successors[node]!].every(acyclic)
    state.set(node, 'done')
    return fine
  }
  return log.every((_, node) => acyclic(node))
}

describe('Postgres', () => {
  const database = postgres()
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.open({ poolSize: 30 })
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  it("3.5 a check inside a host's transaction holds until that transaction has ended", async () => {
    const [written, checked] = [
      { aggregateType: 'held', aggregateId: 'written' },
      { aggregateType: 'held', aggregateId: 'checked' },
    ]
    await store.append({ ...checked, expectedVersion: 0, events: EVENTS })
    let other: Promise<string> | undefined
    let settled = false
    await dataSource.transaction(async (manager) => {
      await store.within(manager).append([{ ...checked, expectedVersion: 1 }])
      other = store
        .append({ ...checked, expectedVersion: 1, events: EVENTS })
        .then(() => 'moved')
        .finally(() => {
          settled = true
        })
      await sleep(100)
      expect(settled).toBe(false)
      await store.within(manager).append({ ...written, expectedVersion: 0, events: EVENTS })
      // The same transaction may append to what it checked.
    })
    expect(await other).toBe('moved')
    await dataSource.transaction(async (manager) => {
      const joined = store.within(manager)
      await joined.append({ ...checked, expectedVersion: 2 })
      await joined.append({ ...checked, expectedVersion: 2, events: EVENTS })
    })
    const rows: unknown[] = await dataSource.query(
      `select 1 from aggregate_events where event_name like '$%'`,
    )
    expect(rows).toEqual([])
  })

  it('3.9 commits of the same streams in opposite orders do not deadlock', async () => {
    const streams = Array.from({ length: 12 }, (_, id) => ({ aggregateType: 'order', aggregateId: `o${id}` }))
    const commit = (reversed: boolean): Promise<unknown> =>
      store.append(
        (reversed ? [...streams].reverse() : streams).map((stream) => ({
          ...stream,
          expectedVersion: 'any' as const,
          events: EVENTS,
        })),
      )
    await Promise.all(Array.from({ length: 60 }, (_, index) => commit(index % 2 === 0)))
    for (const stream of streams) {
      let version = 0
      for await (const { sequence } of store.readStream(stream)) expect(sequence).toBe(++version)
      expect(version).toBe(60)
    }
    const [{ deadlocks }]: [{ deadlocks: string }] = await dataSource.query(
      `select deadlocks from pg_stat_database where datname = current_database()`,
    )
    expect(Number(deadlocks)).toBe(0)
  })
})
