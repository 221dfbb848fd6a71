import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { defineAggregate, EventStore, ReplayError, UnsupportedCodecError } from '../../src/index.js'
import type { Codec, NewEvent } from '../../src/index.js'
import { databases, postgres } from '../support/databases.js'

/** Remembers every event that it was replayed from. */
const log = defineAggregate<readonly NewEvent[], NewEvent>({
  type: 'load-plan',
  snapshots: {},
  initial: () => [],
  evolve: (events, event) => [...events, event],
})

/** The same events for an aggregate without snapshots. */
const plainLog = defineAggregate<readonly NewEvent[], NewEvent>({
  type: 'load-plan',
  initial: () => [],
  evolve: (events, event) => [...events, event],
})

/** Keeps the text as it was stored, so that a test sees whether the codec got it unchanged. */
const verbatim: Codec = {
  label: 'verbatim',
  version: 1,
  format: 'json',
  encode: (payload) => payload as string,
  decode: (text) => ({ text }),
}

const bytes: Codec = {
  label: 'bytes',
  version: 2,
  format: 'bytes',
  encode: (payload) => Buffer.from(payload as string, 'utf8'),
  decode: (encoded) => Buffer.from(encoded).toString('utf8'),
}

const failing: Codec = { ...verbatim, label: 'failing', decode: () => JSON.parse('{') as unknown }

const longText = { text: 'ß"\\\n'.repeat(100_000) }

const payloads: readonly unknown[] = [
  ...[0, -1, 0.1 + 0.2, 4.35, 1e21, 1e23, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1e-7],
  ...[12345678901234567890, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 63, 2 ** 53 + 2],
  ...['a\0b', { 'k\0': '\0' }, '\ud800', { half: 'x\udc00y' }, '\\u0000', '5', '', 'null', '],[', '"'],
  ...[true, false, null, [], {}, [[1.5, 'é😀\u2028']], { z: 1, a: 2, '10': 3 }],
  JSON.parse('{"__proto__": {"x": 1}, "": 2, "constructor": 4}'),
]

describe.each(databases())('loading on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore
  let plainStore: EventStore
  beforeAll(async () => {
    dataSource = await database.open()
    store = new EventStore(dataSource, { codecs: [verbatim, bytes, failing] })
    plainStore = new EventStore(dataSource, { codecs: [verbatim, bytes, failing] })
  })
  afterAll(() => database.close(dataSource))

  const stored = async (events: readonly NewEvent[]): Promise<string> => {
    const aggregateId = randomUUID()
    await store.append({ aggregateType: 'load-plan', aggregateId, expectedVersion: 0, events })
    return aggregateId
  }
  const loaded = async (aggregateId: string): Promise<readonly NewEvent[]> => {
    const { state } = (await store.repository(log).load(aggregateId))!
    expect((await plainStore.repository(plainLog).load(aggregateId))!.state).toEqual(state)
    return state
  }

  it('keeps payloads of every kind exactly and in order, alone and together', async () => {
    const events = payloads.map((payload, index) => ({ name: `n"\n,\x1f${index}`, payload }))
    const expected = events.map(({ name, payload }) => ({ name, version: 1, payload: payload ?? undefined }))
    const together = await loaded(await stored(events))
    expect(together.map(({ payload }) => JSON.stringify(payload))).toEqual(
      expected.map(({ payload }) => JSON.stringify(payload)),
    )
    expect(together).toEqual(expected)
    for (const [index, event] of events.entries())
      expect(await loaded(await stored([event]))).toEqual([expected[index]])
  })

  it('gives each codec the text that it stored, between events of the built-in one and of other versions', async () => {
    const text = `{"a" : "\\u0000\\ud800", "b":[ 1.50, "é😀\\"" ] }`
    const id = await stored([
      { name: 'a', payload: { plain: 1 } },
      { name: 'b', payload: text, codec: 'verbatim' },
      { name: 'c', version: 3, payload: 0.1 + 0.2 },
      { name: 'd', version: 2, payload: 'a\0b', codec: 'bytes' },
      { name: 'e', payload: '7', codec: 'verbatim' },
      { name: 'f', payload: '0.30000000000000004', codec: 'verbatim' },
      { name: 'g', payload: '"x"', codec: 'verbatim' },
      { name: 'h', payload: { plain: 2 } },
    ])
    expect(await loaded(id)).toEqual([
      { name: 'a', version: 1, payload: { plain: 1 } },
      { name: 'b', version: 1, payload: { text } },
      { name: 'c', version: 3, payload: 0.1 + 0.2 },
      { name: 'd', version: 2, payload: 'a\0b' },
      { name: 'e', version: 1, payload: { text: '7' } },
      { name: 'f', version: 1, payload: { text: '0.30000000000000004' } },
      { name: 'g', version: 1, payload: { text: '"x"' } },
      { name: 'h', version: 1, payload: { plain: 2 } },
    ])
  })

  it('continues a snapshot with a tail of every kind', async () => {
    const logs = store.repository(log)
    const first = logs.create(randomUUID())
    first.record({ name: 'a', payload: { n: 1 } }, { name: 'b', version: 2, payload: { n: 2 } })
    await logs.commit(first)
    await logs.snapshot(first)
    first.record({ name: 'c', version: 2, payload: '9', codec: 'verbatim' }, { name: 'd', payload: 1e21 })
    await logs.commit(first)
    const again = (await logs.load(first.aggregateId))!
    expect(again.version).toBe(4)
    expect(again.state.slice(-2)).toEqual([
      { name: 'c', version: 2, payload: { text: '9' } },
      { name: 'd', version: 1, payload: 1e21 },
    ])
    expect((await logs.load(first.aggregateId, { version: 3 }))!.version).toBe(3)
  })

  it('reads a tail with a long payload completely', async () => {
    const events = [1, longText, 3].map((payload) => ({ name: 'a', payload }))
    const id = await stored(events)
    const short = await stored([{ name: 'a', payload: 4 }])
    expect((await loaded(id)).map(({ payload }) => payload)).toEqual([1, longText, 3])
    const [one, two] = await store.repository(log).loadMany([id, short])
    expect([one!.version, two!.version]).toEqual([3, 1])
  })

  it('names the stream and the event that cannot be decoded', async () => {
    const broken = await stored([{ name: 'a' }, { name: 'b', payload: '{}', codec: 'failing' }])
    await expect(loaded(broken)).rejects.toMatchObject({ aggregateId: broken, sequence: 2 })
    await expect(loaded(broken)).rejects.toThrow(ReplayError)
    const unknown = await stored([{ name: 'a' }, { name: 'b', payload: '{}', codec: 'verbatim' }])
    const without = new EventStore(dataSource).repository(log)
    await expect(without.load(unknown)).rejects.toThrow(UnsupportedCodecError)
  })
})

describe('loading on Postgres with statistics from before there were streams', () => {
  const database = postgres()
  let dataSource: DataSource
  let store: EventStore
  let plainStore: EventStore
  beforeAll(async () => {
    dataSource = await database.open()
    store = new EventStore(dataSource)
    plainStore = new EventStore(dataSource)
    await plainStore.verifySchema()
    for (const table of ['aggregate_events', 'aggregate_snapshots'])
      await dataSource.query(`alter table ${table} set (autovacuum_enabled = false)`)
    await fill(0, 4, 10)
    await dataSource.query('analyze')
    await fill(4, 500, 100)
    await dataSource.query(`insert into aggregate_snapshots (aggregate_type, aggregate_id, version, snapshot_type,
      snapshot_version, payload, payload_codec, payload_codec_version)
      select 'load-plan', 'snapshot-' || n, 1, 'load-plan', 1, '[]', 'json', 1 from generate_series(1, 5000) n`)
  })
  afterAll(() => database.close(dataSource))

  async function fill(from: number, to: number, length: number): Promise<void> {
    const events = Array.from({ length }, (_, n) => ({ name: 'happened', payload: { n } }))
    for (let first = from; first < to; first += 20) {
      const streams = Array.from({ length: Math.min(20, to - first) }, (_, n) => `stream-${first + n}`)
      const append = { aggregateType: 'load-plan', expectedVersion: 0, events } as const
      // Plans that the guards made for an almost empty table would go through all of it for every event.
      await dataSource.query('discard plans')
      await store.append(streams.map((aggregateId) => ({ ...append, aggregateId })))
    }
  }

  async function capture(work: () => Promise<unknown>): Promise<[string, unknown[]]> {
    const statements: [string, unknown[]][] = []
    const spy = jest.spyOn(dataSource.logger, 'logQuery').mockImplementation((text, parameters) => {
      statements.push([text, parameters as unknown[]])
    })
    await work().finally(() => spy.mockRestore())
    expect(statements).toHaveLength(1)
    return statements[0]!
  }

  const modes = ['force_generic_plan', 'force_custom_plan']
  const aggregates = [log, plainLog]
  const asked = [['stream-250'], ['stream-3', 'stream-100', 'stream-400']]
  const cases = modes.flatMap((mode) =>
    aggregates.flatMap((aggregate) =>
      asked.map((ids) => ({ mode, aggregate, ids, snapshots: aggregate === log })),
    ),
  )

  it.each(cases)('walks the keys: $mode, snapshots: $snapshots, $ids', async ({ mode, aggregate, ids }) => {
    const [text, parameters] = await capture(async () => {
      const loading = aggregate === log ? store : plainStore
      expect(await loading.repository(aggregate).loadMany(ids)).toHaveLength(ids.length)
    })
    const runner = dataSource.createQueryRunner()
    try {
      await runner.query(`set plan_cache_mode = ${mode}`)
      await runner.query(`prepare load as ${text}`)
      const literals = parameters.map(sqlLiteral).join(', ')
      const lines = (await runner.query(`explain analyze execute load(${literals})`)) as Record<
        string,
        string
      >[]
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
      expect(plan).toMatch(/Index.* using pk_aggregate_events on aggregate_events e/)
      expect(plan).not.toMatch(/Seq Scan on aggregate_(events|snapshots)/)
      const scans = plan.split('\n').filter((line) => line.includes(' on aggregate_'))
      // No other stream's events, not even their keys.
      for (const scan of scans)
        expect(Number(/ rows=(\d+)\S* loops=/.exec(scan)?.[1] ?? 0)).toBeLessThanOrEqual(100)
    } finally {
      await runner.query('deallocate load')
      await runner.query('reset plan_cache_mode')
      await runner.release()
    }
  })
})

/** A parameter of the load statement, written out. */
function sqlLiteral(value: unknown): string {
  if (Array.isArray(value)) return `array[${value.map(sqlLiteral).join(', ')}]`
  if (value === null) return 'null'
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
