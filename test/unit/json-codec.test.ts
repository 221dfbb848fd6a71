import { createContext, runInContext } from 'node:vm'
import * as fc from 'fast-check'
import { InvalidPayloadError } from '../../src/errors/index.js'
import { encodeJson, encodeMetadata, jsonCodec } from '../../src/serialization/json-codec.js'

const context = { aggregateType: 'order', aggregateId: 'o-1', name: 'placed' }

/** A value with an own property called `__proto__`, which no object literal can spell. */
const ownProto = (text: string, deep?: unknown): unknown =>
  JSON.parse(text, (key, value: unknown) => (key === 'deep' ? deep : value))

class Money {
  constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}
}

function readBack(value: unknown): unknown {
  return jsonCodec.decode(jsonCodec.encode(value, context), context)
}

function refusalOf(work: () => unknown): InvalidPayloadError {
  try {
    work()
  } catch (error) {
    if (error instanceof InvalidPayloadError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function nested(levels: number): unknown {
  let value: unknown = 'innermost'
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { inside: value }
  return value
}

/** JSON has no minus zero; `===` calls the two equal. */
function withoutMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null) return value
  const copy = {}
  for (const [key, inner] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: withoutMinusZero(inner),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

describe('6.1 the json codec', () => {
  it('6.2 is called json, version 1', () => {
    expect(jsonCodec).toMatchObject({ label: 'json', version: 1, format: 'json' })
  })

  describe('reads back exactly', () => {
    const exact: [string, unknown][] = [
      ['null', null],
      ['true', true],
      ['false', false],
      ['zero', 0],
      ['the largest safe integer', Number.MAX_SAFE_INTEGER],
      ['the largest number', Number.MAX_VALUE],
      ['the smallest number', Number.MIN_VALUE],
      ['a fraction that binary cannot hold exactly', 0.1 + 0.2],
      ['an empty string', ''],
      ['a NUL character', 'a\u0000b'],
      ['the first half of a surrogate pair alone', 'a\ud83db'],
      ['the second half of a surrogate pair alone', '\udca9'],
      ['an emoji of several code points', '👩‍👩‍👧‍👦 💩'],
      ['control characters', '\u0001\b\t\n\f\r\u001f\u007f\u0085'],
      ['line separators', '\u2028\u2029\ufeff'],
      ['quotes, backslashes and what looks like an escape', '\'"`\\ \\u0000 ${x} %s --'],
      ['a string of a million characters', 'é💩x'.repeat(250_000)],
      ['an empty object', {}],
      ['an empty array', []],
      ['arrays in arrays', [[[]], [1, [2, [3]]]]],
      ['keys that need escapes', { '': 1, '\u0000': 2, '\ud800': 3, '💩': 4, 'a"b': 5, 'a.b': 6 }],
      ['keys of Object.prototype', { constructor: 1, toString: 'x', hasOwnProperty: null, valueOf: [] }],
      ['an object that occurs twice but is no cycle', ((twice) => [twice, { twice }])({ a: 1 })],
    ]

    it.each(exact)('6.1 %s', (_, value) => {
      expect(readBack(value)).toStrictEqual(value)
      expect(readBack({ deep: [value] })).toStrictEqual({ deep: [value] })
    })

    it('6.1 an own property called __proto__, without touching any prototype', () => {
      const value = ownProto('{"__proto__":{"polluted":true},"a":1}')
      const back = readBack(value) as object
      expect(Object.keys(back)).toEqual(['__proto__', 'a'])
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
      expect(jsonCodec.encode(back, context)).toBe('{"__proto__":{"polluted":true},"a":1}')
    })

    it('6.1 keys in the order in which they were written', () => {
      const text = jsonCodec.encode({ z: 1, a: { y: 1, b: 2 }, m: 3 }, context)
      expect(text).toBe('{"z":1,"a":{"y":1,"b":2},"m":3}')
      expect(Object.keys(jsonCodec.decode(text, context) as object)).toEqual(['z', 'a', 'm'])
    })

    it('6.1 an object without a prototype', () => {
      const value = Object.assign(Object.create(null) as object, { a: 1 })
      expect(readBack({ value })).toEqual({ value: { a: 1 } })
    })

    it('6.1 an object of another realm', () => {
      const value: unknown = runInContext('({ a: [1, { b: 2 }] })', createContext({}))
      expect(jsonCodec.encode(value, context)).toBe('{"a":[1,{"b":2}]}')
    })

    it('6.1 minus zero as zero, which is equal to it', () => {
      expect(readBack([-0])).toEqual([0])
    })

    it('6.1 properties that are undefined as absent, at every depth', () => {
      expect(jsonCodec.encode({ a: undefined, b: { c: undefined, d: 1 } }, context)).toBe('{"b":{"d":1}}')
    })

    it('6.1 undefined as a whole as null', () => {
      expect(jsonCodec.encode(undefined, context)).toBe('null')
      expect(readBack(undefined)).toBeNull()
    })

    it('6.1 the own properties of an event class, at the top only', () => {
      expect(jsonCodec.encode(new Money(5, 'EUR'), context)).toBe('{"amount":5,"currency":"EUR"}')
      expect(refusalOf(() => jsonCodec.encode({ price: new Money(5, 'EUR') }, context)).path).toBe(
        'payload.price',
      )
    })
  })

  describe('refuses, naming the path,', () => {
    const cyclic: Record<string, unknown> = { a: 1 }
    cyclic['self'] = { cyclic }
    const ring: unknown[] = []
    ring.push([ring])
    const sparse = [1, 2, 3]
    // eslint-disable-next-line @typescript-eslint/no-array-delete -- a hole is what the test is about
    delete sparse[1]

    const refused: [string, unknown, string, RegExp][] = [
      ['NaN', { a: [NaN] }, 'payload.a[0]', /NaN/],
      ['Infinity', { a: Infinity }, 'payload.a', /Infinity/],
      ['minus Infinity', -Infinity, 'payload', /-Infinity/],
      ['a BigInt', { id: 10n }, 'payload.id', /BigInt/],
      ['a function', { run: () => 1 }, 'payload.run', /function/],
      ['a class', { type: Money }, 'payload.type', /function/],
      ['a symbol', [Symbol('s')], 'payload[0]', /symbol/],
      ['undefined inside an array', { lines: [1, undefined] }, 'payload.lines[1]', /undefined/],
      ['a hole in an array', { lines: sparse }, 'payload.lines[1]', /undefined/],
      ['a Date', { at: new Date(0) }, 'payload.at', /Date.*toISOString/],
      ['an invalid Date', { at: new Date(NaN) }, 'payload.at', /Date/],
      ['a Date at the top', new Date(0), 'payload', /Date/],
      ['a Map', { map: new Map([[1, 2]]) }, 'payload.map', /Map/],
      ['a Map at the top', new Map(), 'payload', /Map/],
      ['a Set', [new Set([1])], 'payload[0]', /Set/],
      ['a regular expression', { pattern: /x/ }, 'payload.pattern', /RegExp/],
      ['an Error at the top', new Error('x'), 'payload', /Error/],
      ['a Buffer', { bytes: Buffer.from('x') }, 'payload.bytes', /Buffer/],
      ['a typed array', { bytes: new Uint8Array(2) }, 'payload.bytes', /Uint8Array/],
      ['a promise', { later: Promise.resolve(1) }, 'payload.later', /Promise/],
      ['a boxed string', { text: Object('boxed') as unknown }, 'payload.text', /String/],
      ['a boxed number at the top', Object(1), 'payload', /Number/],
      ['a URL', { url: new URL('https://example.org') }, 'payload.url', /URL/],
      ['an instance of a class', { price: new Money(5, 'EUR') }, 'payload.price', /Money/],
      ['a toJSON method of its own', { a: { toJSON: () => 1 } }, 'payload.a', /instance/],
      [
        'an inherited toJSON at the top',
        new (class X {
          toJSON = () => 1
        })(),
        'payload',
        /instance of X/,
      ],
      ['a cycle through objects', cyclic, 'payload.self.cyclic', /refers back/],
      ['a cycle through arrays', { ring }, 'payload.ring[0][0]', /refers back/],
      ['a key that is no identifier', { 'a b': { 'x"y': 1n } }, 'payload["a b"]["x\\"y"]', /BigInt/],
      ['an empty key', { '': [{ ' ': NaN }] }, 'payload[""][0][" "]', /NaN/],
      [
        'what sits below an own property called __proto__',
        ownProto('{"__proto__":[{"deep":1}]}', 1n),
        'payload.__proto__[0].deep',
        /BigInt/,
      ],
    ]

    it.each(refused)('6.1 %s', (_, value, path, problem) => {
      const error = refusalOf(() => jsonCodec.encode(value, context))
      expect(error.path).toBe(path)
      expect(error.problem).toMatch(problem)
      expect(error.message.startsWith(path)).toBe(true)
      expect(error).toMatchObject({ code: 'INVALID_PAYLOAD', retryable: false, name: 'InvalidPayloadError' })
    })

    it('6.1 more than 500 levels, with the path to the level that is too deep', () => {
      expect(readBack(nested(500))).toEqual(nested(500))
      const error = refusalOf(() => jsonCodec.encode(nested(501), context))
      expect(error.problem).toMatch(/deeper than 500 levels/)
      expect(error.path.startsWith('payload[0].inside[0].inside')).toBe(true)
    })

    it('6.1 a hundred thousand levels, without running out of stack', () => {
      expect(refusalOf(() => jsonCodec.encode(nested(100_000), context)).problem).toMatch(/deeper than 500/)
    })

    it('5.3 without repeating the value', () => {
      const secret = 'token-4711'
      const values = [{ a: secret, b: 10n }, { b: new Map([[secret, secret]]) }, { b: Symbol(secret) }]
      for (const value of values) {
        const error = refusalOf(() => jsonCodec.encode(value, context))
        expect(`${error.message} ${error.problem}`).not.toContain(secret)
      }
    })
  })

  it('6.1 does not change what it encodes', () => {
    const value = Object.freeze({ z: 1, list: Object.freeze([Object.freeze({ a: undefined, b: 2 })]) })
    readBack(value)
    expect(Object.keys(value.list[0]!)).toEqual(['a', 'b'])
  })

  it('6.1 any JSON value reads back equal, whatever its strings and keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }), (value) => {
        expect(readBack(value)).toEqual(withoutMinusZero(value))
      }),
      { numRuns: 500 },
    )
  })

  it('6.1 any string of UTF-16 code units reads back unit by unit, as a value and as a key', () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(units, (text) => {
        expect(readBack(text)).toBe(text)
        expect(Object.keys(readBack(Object.fromEntries([[text, 1]])) as object)).toEqual([text])
      }),
      { numRuns: 500 },
    )
  })

  it('6.1 any value at all reads back equal or is refused as InvalidPayloadError', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      stringUnit: 'binary',
    })
    fc.assert(
      fc.property(anything, (value) => {
        let text: string
        try {
          text = encodeJson(value, 'payload')
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPayloadError)
          return
        }
        const back: unknown = JSON.parse(text)
        expect(back).toEqual(value === undefined ? null : withoutMinusZero(value))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('6.1 metadata', () => {
  it('6.1 is a plain object', () => {
    expect(encodeMetadata({})).toBe('{}')
    expect(encodeMetadata({ correlationId: 'c-1', trace: { ids: [1, null] } })).toBe(
      '{"correlationId":"c-1","trace":{"ids":[1,null]}}',
    )
  })

  it.each([null, undefined, 'text', 1, true, [], [{}], Symbol('s'), () => ({})])(
    '6.1 is refused if it is %p',
    (value) => {
      expect(refusalOf(() => encodeMetadata(value)).path).toBe('metadata')
    },
  )

  it('6.1 may hold emoji, quotes, and what looks like an escape sequence', () => {
    const value = { '💩': '💩', text: '\\u0000 \\ud83d "quoted"' }
    expect(JSON.parse(encodeMetadata(value))).toEqual(value)
  })

  const unstorable: [string, unknown, string | RegExp, RegExp][] = [
    ['a NUL character', { a: { b: ['x', { c: '\0' }] } }, /^metadata\.a\.b\[.*1.*\]\.c$/, /NUL/],
    ['half of a surrogate pair', { a: '\ud83d' }, 'metadata.a', /half of a surrogate pair/],
    ['a NUL character in a key', { a: { 'k\0': 1 } }, 'a key of metadata.a', /NUL/],
    ['half of a surrogate pair in a key', { '\udca9': 1 }, 'a key of metadata', /surrogate/],
    ['a BigInt', { a: { b: 1n } }, 'metadata.a.b', /BigInt/],
    ['a Date', { at: new Date(0) }, 'metadata.at', /Date/],
  ]

  it.each(unstorable)('6.1 is refused with the path if it contains %s', (_, value, path, problem) => {
    const error = refusalOf(() => encodeMetadata(value))
    if (typeof path === 'string') expect(error.path).toBe(path)
    else expect(error.path).toMatch(path)
    expect(error.problem).toMatch(problem)
  })

  it('6.1 any object of JSON values either has well-formed strings without NUL, or is refused', () => {
    const storable = (value: unknown): boolean => {
      if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
      if (typeof value !== 'object' || value === null) return true
      return Object.entries(value).every(([key, inner]) => storable(key) && storable(inner))
    }
    const units = fc
      .array(fc.constantFrom('a', '\0', '\ud83d', '\udca9', '\\', 'u0000', '"'), { maxLength: 5 })
      .map((parts) => parts.join(''))
    const tree = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        units,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(units, tie('value'), { maxKeys: 3 }),
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(units, tree, { maxKeys: 4 }), (value) => {
        let text: string | undefined
        try {
          text = encodeMetadata(value)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPayloadError)
        }
        expect(text !== undefined).toBe(storable(value))
        if (text !== undefined) expect(JSON.parse(text)).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })
})
