import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataSource } from 'typeorm'
import { ConcurrentWriteError, EventStore, StorageError } from '../../src/index.js'
import type { Commit, StreamAppend } from '../../src/index.js'
import { databasesAndPooler } from '../support/databases.js'

const events = (...names: string[]): { name: string }[] => names.map((name) => ({ name }))
const to = (
  aggregateId: string,
  expectedVersion: StreamAppend['expectedVersion'],
  length = 1,
): StreamAppend => ({
  aggregateType: 'shared',
  aggregateId,
  expectedVersion,
  events: events(...Array<string>(length).fill('counted')),
})

/** A constraint of the host's: no event may have this name. */
async function forbid(dataSource: DataSource, name: string): Promise<void> {
  if (dataSource.options.type === 'postgres') {
    await dataSource.query(
      `alter table aggregate_events add constraint ck_host check (event_name <> '${name}')`,
    )
  } else {
    await dataSource.query(`create trigger ck_host before insert on aggregate_events when new.event_name = '${name}'
      begin select raise(abort, 'ck_host'); end`)
  }
}

describe.each(databasesAndPooler())('commits at the same time on %s', (_, options, database) => {
  let dataSource: DataSource
  let store: EventStore
  let statements = 0

  beforeAll(async () => {
    dataSource = await database.open()
    await forbid(dataSource, 'forbidden')
    store = new EventStore(dataSource, options)
    await store.verifySchema()
    const { logger } = dataSource
    const log = logger.logQuery.bind(logger)
    logger.logQuery = (query, ...more) => {
      if (query.includes('insert into') && query.includes('aggregate_events')) statements++
      log(query, ...more)
    }
  })
  afterAll(() => database.close(dataSource))
  beforeEach(() => (statements = 0))

  const versionOf = async (aggregateId: string): Promise<number> => {
    let version = 0
    for await (const { sequence } of store.readStream({ aggregateType: 'shared', aggregateId }))
      version = sequence
    return version
  }

  it('3.12 share statements, whatever they consist of', async () => {
    const commits = await Promise.all([
      ...Array.from({ length: 300 }, (_, index) => store.append(to(`one-${index}`, 0))),
      ...Array.from({ length: 50 }, (_, index) => store.append(to(`three-${index}`, 'any', 3))),
      ...Array.from({ length: 50 }, (_, index) =>
        store.append([to(`left-${index}`, 0, 2), to(`right-${index}`, 'no-stream')]),
      ),
    ])
    expect(statements).toBeLessThan(40)
    expect(new Set(commits.map(({ commitId }) => commitId)).size).toBe(400)
    const positions = commits.flatMap(({ events: stored }) => stored.map(({ position }) => position))
    expect(new Set(positions).size).toBe(300 + 150 + 150)
    expect(commits.map(({ streams }) => streams.map(({ version }) => version))).toEqual([
      ...Array<number[]>(300).fill([1]),
      ...Array<number[]>(50).fill([3]),
      ...Array<number[]>(50).fill([2, 1]),
    ])
    expect(await versionOf('three-7')).toBe(3)
  })

  it('3.12 a caller who is alone sends one statement a commit', async () => {
    for (let version = 0; version < 5; version++) await store.append(to('alone', version))
    expect(statements).toBe(5)
  })

  it('3.12 commits of one stream go in the order in which they were asked for', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, version) => store.append(to('ordered', version))))
    expect(await versionOf('ordered')).toBe(40)
  })

  it("3.12 what fails in one commit is that commit's alone", async () => {
    await store.append(to('taken', 0))
    const outcomes = await Promise.allSettled([
      store.append(to('first', 0)),
      ...Array.from({ length: 20 }, (_, index) => store.append(to(`before-${index}`, 0))),
      store.append(to('taken', 0)),
      store.append([to('beside-taken', 0), to('taken', 7)]),
      store.append({ ...to('forbidden', 0), events: events('counted', 'forbidden') }),
      store.append(to('ahead', 3)),
      store.append({ ...to('large', 0), events: [{ name: 'counted', payload: 'x'.repeat(3_000_000) }] }),
      ...Array.from({ length: 20 }, (_, index) => store.append(to(`after-${index}`, 0))),
    ])
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    )
    expect(errors.map((error) => (error as Error).constructor)).toEqual([
      ConcurrentWriteError,
      ConcurrentWriteError,
      StorageError,
      ConcurrentWriteError,
    ])
    expect(String(errors[2])).toContain('ck_host')
    expect(errors[0]).toMatchObject({ expectedVersion: 0, actualVersion: 1 })
    expect(errors[3]).toMatchObject({ expectedVersion: 3, actualVersion: 0 })
    expect(await versionOf('beside-taken')).toBe(0)
    expect(await versionOf('forbidden')).toBe(0)
    expect(await versionOf('large')).toBe(1)
  })

  it('5.4 callers that compete for one stream take turns: every command is applied once, few in vain', async () => {
    const stream = { aggregateType: 'shared', aggregateId: 'hot' }
    let attempts = 0
    const command = (): Promise<unknown> =>
      store.retryOnConflict(async () => {
        attempts++
        await store.append(to('hot', await versionOf(stream.aggregateId)))
      })
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let count = 0; count < 4; count++) await command()
      }),
    )
    expect(await versionOf('hot')).toBe(128)
    expect(attempts).toBeLessThan(3 * 128)
  })

  if (database.dialect === 'postgres') {
    it('3.12 a stream that an open transaction holds keeps nobody else waiting, not even that transaction', async () => {
      const held = dataSource.createQueryRunner()
      await held.startTransaction()
      await store.within(held).append([to('held', 0), to('kept', 0)])
      // The first goes at once, so that the others are sent together: one of them has to wait for the transaction, which
      // waits for all the others.
      const first = store.append(to('free', 0))
      const waiting = store.append(to('held', 'any'))
      const free = Array.from({ length: 30 }, (_, index) => store.append(to(`free-${index}`, 0)))
      await Promise.all([first, ...free])
      // The same where all of them expect a version: it is another statement.
      const other = store.append(to('other', 0))
      const conflicting = store.append(to('kept', 0)).catch((error: unknown) => error)
      await Promise.all([
        other,
        ...Array.from({ length: 30 }, (_, index) => store.append(to(`more-${index}`, 0))),
      ])
      const behind = store.append([to('held', 'any'), to('behind', 0)])
      await Promise.all(Array.from({ length: 30 }, (_, index) => store.append(to(`free-${index}`, 1))))
      await held.commitTransaction()
      await held.release()
      expect(await conflicting).toBeInstanceOf(ConcurrentWriteError)
      expect([(await waiting).streams[0]!.version, (await behind).streams[0]!.version]).toEqual([2, 3])
    })

    it('4.2 a session that dies in the middle of them: each is acknowledged or has failed, none is doubled', async () => {
      const outcomes: PromiseSettledResult<Commit>[] = []
      const writer = async (id: number): Promise<void> => {
        for (let version = 0; version < 30; version++) {
          const [outcome] = await Promise.allSettled([store.append(to(`killed-${id}`, 'any'))])
          outcomes.push(outcome)
        }
      }
      const { url } = dataSource.options as { url: string }
      const killer = await new DataSource({ type: 'postgres', url, applicationName: 'killer' }).initialize()
      const kill = async (): Promise<void> => {
        for (let count = 0; count < 10; count++) {
          await killer.query(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name <> 'killer'`)
          await sleep(15)
        }
        await killer.destroy()
      }
      await Promise.all([...Array.from({ length: 20 }, (_, id) => writer(id)), kill()])
      const stored = new Set<string>()
      for await (const event of store.readAll({ aggregateTypes: ['shared'] })) {
        if (event.aggregateId.startsWith('killed-')) stored.add(event.commitId)
      }
      const acknowledged = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const unknown = outcomes.filter(
        (each) =>
          each.status === 'rejected' &&
          !(each.reason instanceof StorageError && each.reason.outcome === 'not-written'),
      )
      expect(unknown).toEqual([])
      expect(new Set(acknowledged.map(({ commitId }) => commitId))).toEqual(stored)
    })
  }

  it.each([true, false])(
    '3.12 keep every promise in any interleaving; coalesceCommits: %s',
    async (coalesceCommits) => {
      let run = 0
      const streams = ['w', 'x', 'y', 'z']
      const expected = fc.oneof(
        fc.constantFrom('any', 'no-stream', 'stream-exists'),
        fc.nat(4),
      ) as fc.Arbitrary<StreamAppend['expectedVersion']>
      const oneCommit = fc.uniqueArray(
        fc.record({ id: fc.constantFrom(...streams), expected, length: fc.integer({ min: 1, max: 3 }) }),
        { minLength: 1, maxLength: 3, selector: ({ id }) => id },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(oneCommit, { minLength: 1, maxLength: 25 }), async (commits) => {
          const store = new EventStore(dataSource, { ...options, coalesceCommits })
          const prefix = `${String(coalesceCommits)}-${run++}-`
          const outcomes = await Promise.allSettled(
            commits.map((parts) =>
              store.append(parts.map((part) => to(prefix + part.id, part.expected, part.length))),
            ),
          )
          const accepted = outcomes.flatMap((outcome, index) => {
            if (outcome.status === 'fulfilled') return [{ parts: commits[index]!, commit: outcome.value }]
            expect(outcome.reason).toBeInstanceOf(ConcurrentWriteError)
            return []
          })
          // Some order explains everything that was accepted: that of the positions.
          accepted.sort((a, b) => a.commit.events[0]!.position - b.commit.events[0]!.position)
          const versions = new Map<string, number>()
          for (const { parts, commit } of accepted) {
            parts.forEach(({ id, expected, length }, index) => {
              const before = versions.get(id) ?? 0
              const fits = { any: true, 'no-stream': before === 0, 'stream-exists': before > 0 }
              expect(typeof expected === 'number' ? before === expected : fits[expected]).toBe(true)
              expect(commit.streams[index]).toMatchObject({
                aggregateId: prefix + id,
                version: before + length,
              })
              versions.set(id, before + length)
            })
          }
          for (const id of streams) expect(await versionOf(prefix + id)).toBe(versions.get(id) ?? 0)
        }),
        { numRuns: 40 },
      )
    },
  )
})
