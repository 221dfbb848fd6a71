import assert from 'node:assert/strict'
import { gunzipSync, gzipSync } from 'node:zlib'
import { InvalidPayloadError, ReplayError, UnsupportedCodecError, UpcastError } from '../../index.js'
import type { Codec, Upcaster } from '../../index.js'
import { collect, freshStream, freshType, hasJsonb, versionOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

const zipped: Codec = {
  label: 'zipped',
  version: 1,
  format: 'bytes',
  encode: (payload) => gzipSync(JSON.stringify(payload)),
  decode: (bytes) => JSON.parse(gunzipSync(bytes).toString('utf8')) as unknown,
}

export function payloadsContract({ describe, it, store, dataSource }: ContractContext): void {
  describe('payloads', () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`)
    const exact: Readonly<Record<string, unknown>> = {
      'key order': { z: 1, a: 2, '10': 3 },
      'NUL and halves of surrogates': { text: 'a\0b', half: '\ud800', other: 'x\udc00y' },
      'odd keys': JSON.parse('{"__proto__": {"x": 1}, "": 2, "a\\u0000": 3, "constructor": 4}') as unknown,
      'quotes and emoji': { text: `'"\\ 😀 \u2028 $1 ? :name ::json` },
      numbers: [0, -1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, 0.1 + 0.2, 1.7976931348623157e308],
      'a bare number': 12345678901234567890,
      'a bare fraction': 0.1 + 0.2,
      'a bare string': '5',
      'a bare boolean': true,
      null: null,
      'an empty object': {},
      'an empty array': [],
      'deep nesting': nested(500),
      'one megabyte': { text: 'ß"\\\n'.repeat(250_000) },
    }
    for (const [what, payload] of Object.entries(exact)) {
      it(`6.1 keeps ${what} exactly`, async () => {
        const stream = freshStream()
        const jsonb = hasJsonb(dataSource())
        const append = store().append({ ...stream, expectedVersion: 0, events: [{ name: 'kept', payload }] })
        if (jsonb && /\\u(0000|d[89a-f])/.test(JSON.stringify(payload)))
          return assert.rejects(append, InvalidPayloadError)
        const { events } = await append
        const [read] = await collect(store().readStream(stream))
        assert.deepEqual(read!.payload, payload)
        if (!jsonb) assert.equal(JSON.stringify(read!.payload), JSON.stringify(payload))
        assert.deepEqual(events[0]!.payload, payload)
      })
    }

    const cycle: { self?: unknown } = {}
    cycle.self = { inner: cycle }
    const refused: readonly (readonly [string, unknown, string])[] = [
      ['a date', { at: new Date(0) }, 'payload.at'],
      ['undefined in an array', { list: [1, undefined] }, 'payload.list[1]'],
      ['a BigInt', { amount: 1n }, 'payload.amount'],
      ['a cycle', cycle, 'payload.self.inner'],
      ['a function', { do: () => 1 }, 'payload.do'],
      ['a symbol', [Symbol('s')], 'payload[0]'],
      ['NaN', { 'a b': NaN }, 'payload["a b"]'],
      ['a map', { map: new Map([[1, 2]]) }, 'payload.map'],
      ['a class instance inside', { url: new URL('http://x') }, 'payload.url'],
      ['nesting that is too deep', nested(501), `payload${'[0]'.repeat(500)}`],
    ]
    for (const [what, payload, path] of refused) {
      it(`6.1 refuses ${what} before any SQL and names its path`, async () => {
        const [stream, other] = [freshStream(), freshStream()]
        await assert.rejects(
          store().append([
            { ...other, expectedVersion: 0, events: [{ name: 'fine' }] },
            { ...stream, expectedVersion: 0, events: [{ name: 'fine' }, { name: 'refused', payload }] },
          ]),
          (error) => error instanceof InvalidPayloadError && error.path === path,
        )
        assert.equal(await versionOf(store(), other), 0)
      })
    }

    it('6.1 leaves out properties that are undefined, and stores a missing payload as null', async () => {
      const stream = freshStream()
      const events = [{ name: 'sparse', payload: { a: undefined, b: 1 } }, { name: 'empty' }]
      await store().append({ ...stream, expectedVersion: 0, events })
      const payloads = (await collect(store().readStream(stream))).map(({ payload }) => payload)
      assert.deepEqual(payloads, [{ b: 1 }, null])
    })

    it('6.1 metadata reads back, and what jsonb cannot hold is refused on every database', async () => {
      const stream = freshStream()
      const metadata = { correlationId: 'c-1', tags: ['a', '😀'], nested: { n: 1.5, ok: true, none: null } }
      await store().append({ ...stream, expectedVersion: 0, events: [{ name: 'kept', metadata }] })
      const [event] = await collect(store().readStream(stream))
      assert.deepEqual(event!.metadata, metadata)
      for (const bad of [
        { a: 'x\0' },
        { a: ['\ud800'] },
        { 'k\0': 1 },
        { at: new Date() },
        [] as never,
        'x' as never,
      ]) {
        await assert.rejects(
          store().append({ ...stream, expectedVersion: 1, events: [{ name: 'kept', metadata: bad }] }),
          InvalidPayloadError,
        )
      }
    })

    it('6.2 a registered codec encodes and decodes, and is named in the row', async () => {
      const stream = freshStream()
      const zipping = store({ codecs: [zipped] })
      const payload = { text: 'x'.repeat(1_000) }
      await zipping.append({
        ...stream,
        expectedVersion: 0,
        events: [{ name: 'kept', payload, codec: 'zipped' }],
      })
      const [event] = await collect(zipping.readStream(stream))
      assert.deepEqual(event!.payload, payload)
      await assert.rejects(collect(store().readStream(stream)), UnsupportedCodecError)
    })

    it('6.2 an unknown codec is refused on write before anything is stored', async () => {
      const stream = freshStream()
      await assert.rejects(
        store().append({
          ...stream,
          expectedVersion: 0,
          events: [{ name: 'a' }, { name: 'b', codec: 'none' }],
        }),
        UnsupportedCodecError,
      )
      assert.equal(await versionOf(store(), stream), 0)
    })

    it('6.2 the newest version of a codec writes, every version reads, a failing one is a ReplayError', async () => {
      const stream = freshStream()
      const newer: Codec = { ...zipped, version: 2, decode: () => assert.fail('broken') }
      await store({ codecs: [zipped] }).append({
        ...stream,
        expectedVersion: 0,
        events: [{ name: 'a', payload: 1, codec: 'zipped' }],
      })
      const both = store({ codecs: [zipped, newer] })
      assert.deepEqual((await collect(both.readStream(stream)))[0]!.payload, 1)
      await both.append({
        ...stream,
        expectedVersion: 1,
        events: [{ name: 'a', payload: 2, codec: 'zipped' }],
      })
      await assert.rejects(
        collect(both.readStream(stream)),
        (error) => error instanceof ReplayError && error.sequence === 2,
      )
    })

    it('6.3 upcasters chain, may rename, and run on streams and on the feed', async () => {
      const aggregateType = freshType()
      const stream = freshStream(aggregateType)
      const upcasters: Upcaster[] = [
        step('price-set', 1, 'price-set', 2, (cents) => ({ cents })),
        step('price-set', 2, 'priced', 1, (payload) => ({ ...(payload as object), currency: 'EUR' })),
      ]
      await store().append({
        ...stream,
        expectedVersion: 0,
        events: [
          { name: 'price-set', payload: 100 },
          { name: 'other' },
          { name: 'price-set', version: 2, payload: { cents: 200 } },
          { name: 'priced', payload: { cents: 300, currency: 'USD' } },
        ],
      })
      const upcasting = store({ upcasters })
      const expected = [
        { cents: 100, currency: 'EUR' },
        { cents: 200, currency: 'EUR' },
        { cents: 300, currency: 'USD' },
      ]
      const filter = { aggregateTypes: [aggregateType] }
      for (const source of [upcasting.readStream(stream), upcasting.readAll(filter)]) {
        const events = (await collect(source)).filter(({ name }) => name === 'priced')
        assert.deepEqual(
          events.map(({ payload }) => payload),
          expected,
        )
        assert.ok(events.every(({ version }) => version === 1))
      }
      const byName = (name: string) => collect(upcasting.readAll({ ...filter, eventNames: [name] }))
      assert.equal((await byName('priced')).length, 3)
      assert.equal((await byName('price-set')).length, 0)
    })

    it('6.3 an upcaster that fails is an UpcastError with its cause', async () => {
      const stream = freshStream()
      const cause = new Error('no')
      const failing = step('old', 1, 'old', 2, () => {
        throw cause
      })
      await store().append({ ...stream, expectedVersion: 0, events: [{ name: 'old' }] })
      await assert.rejects(
        collect(store({ upcasters: [failing] }).readStream(stream)),
        (error) => error instanceof UpcastError && error.cause === cause,
      )
    })
  })
}

function step(
  fromName: string,
  fromVersion: number,
  toName: string,
  toVersion: number,
  upcast: (payload: unknown) => unknown,
): Upcaster {
  return { from: { name: fromName, version: fromVersion }, to: { name: toName, version: toVersion }, upcast }
}
