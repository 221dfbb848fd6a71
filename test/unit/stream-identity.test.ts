import * as fc from 'fast-check'
import { assertStreamIdentity, planStreams } from '../../src/commit/plan-changes.js'
import { DuplicateStreamError, InvalidStreamIdentityError } from '../../src/errors/index.js'
import { MAX_NAME_LENGTH, problemWithName, streamIdOf } from '../../src/model/stream-identity.js'
import { CodecRegistry } from '../../src/serialization/codec-registry.js'
import { EventSerializer } from '../../src/serialization/event-serializer.js'
import { UpcasterChain } from '../../src/serialization/upcaster-chain.js'

const serializer = new EventSerializer(new CodecRegistry([]), new UpcasterChain([]))

const good: [string, string][] = [
  ['one letter', 'a'],
  ['a separator', 'a:b/c|d.e-f_g'],
  ['quotes', `'"\`''`],
  ['a comment of SQL', `'; drop table aggregate_events; --`],
  ['a backslash', '\\'],
  ['an emoji', '💩👩‍👩‍👧‍👦'],
  ['blanks around something', ' a '],
  ['control characters other than NUL', 'a\u0001\n\tb'],
  ['only a zero-width space, which is not white space', '\u200b'],
  ['JSON', '{"aggregateType":"a"}'],
  ['255 characters', 'x'.repeat(255)],
  ['255 emoji, which are 510 code units', '💩'.repeat(255)],
]

const bad: [string, unknown, RegExp][] = [
  ['an empty string', '', /blank/],
  ['a space', ' ', /blank/],
  ['tabs and line ends', '\t\r\n\v\f', /blank/],
  ['a no-break space', '\u00a0', /blank/],
  ['an ideographic space', '\u3000', /blank/],
  ['line and paragraph separators', '\u2028\u2029', /blank/],
  ['a byte order mark', '\ufeff', /blank/],
  ['a NUL character', 'a\0b', /NUL/],
  ['the first half of a surrogate pair', 'a\ud83d', /surrogate/],
  ['the second half of a surrogate pair', '\udca9a', /surrogate/],
  ['a surrogate pair the wrong way round', '\udca9\ud83d', /surrogate/],
  ['256 characters', 'x'.repeat(256), /256 characters/],
  ['256 emoji', '💩'.repeat(256), /256 characters/],
  ['null', null, /null, not a string/],
  ['undefined', undefined, /undefined, not a string/],
  ['a number', 7, /number, not a string/],
  ['a BigInt', 7n, /bigint, not a string/],
  ['an object that looks like a string', Object('a'), /object, not a string/],
  ['an array of one string', ['a'], /object, not a string/],
]

describe('1.2 aggregate type and id', () => {
  it.each(good)('1.2 may be %s', (_, name) => {
    expect(problemWithName(name)).toBeUndefined()
    expect(() => assertStreamIdentity({ aggregateType: name, aggregateId: name })).not.toThrow()
  })

  it.each(bad)('1.2 may not be %s', (_, name, problem) => {
    expect(problemWithName(name)).toMatch(problem)
    const invalid = name as string
    const refusals: ['aggregateType' | 'aggregateId', () => void][] = [
      ['aggregateType', () => assertStreamIdentity({ aggregateType: invalid, aggregateId: 'a' })],
      ['aggregateId', () => assertStreamIdentity({ aggregateType: 'a', aggregateId: invalid })],
    ]
    for (const [part, work] of refusals) {
      expect(work).toThrow(InvalidStreamIdentityError)
      expect(work).toThrow(expect.objectContaining({ part, code: 'INVALID_STREAM_IDENTITY' }) as Error)
    }
  })

  it('1.2 are measured in characters, however many code units those take', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'é', '中', '💩'), { minLength: 240, maxLength: 270 }),
        (characters) => {
          const fits = characters.length <= MAX_NAME_LENGTH
          expect(problemWithName(characters.join('')) === undefined).toBe(fits)
        },
      ),
    )
  })

  it('1.2 any string is accepted exactly if it is well-formed, not blank, without NUL and short enough', () => {
    const units = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom(' ', '\u00a0', '\0', 'a', '\ud83d', '\udca9'), { maxLength: 6 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(units, (name) => {
        const acceptable =
          name.isWellFormed() && /\S/u.test(name) && !name.includes('\0') && Array.from(name).length <= 255
        expect(problemWithName(name) === undefined).toBe(acceptable)
      }),
      { numRuns: 500 },
    )
  })

  it('1.2 are checked for every stream of a commit before anything else', () => {
    const append = (aggregateId: string) => ({
      aggregateType: 'account',
      aggregateId,
      expectedVersion: -1,
      events: [{ name: '', payload: 1n }],
    })
    expect(() => planStreams(serializer, [append('a'), append('a'), append(' ')])).toThrow(
      InvalidStreamIdentityError,
    )
  })
})

describe('1.1 stream identities', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('a', '"', ':', ',', '\\', '{', '}', ' ', '\ud83d'), { maxLength: 6 })
      .map((all) => all.join('')),
  )

  it('1.1 of different type or id never have the same stream id', () => {
    fc.assert(
      fc.property(part, part, part, part, (type, id, otherType, otherId) => {
        const one = streamIdOf({ aggregateType: type, aggregateId: id })
        const other = streamIdOf({ aggregateType: otherType, aggregateId: otherId })
        expect(one === other).toBe(type === otherType && id === otherId)
      }),
      { numRuns: 1_000 },
    )
  })

  it('1.1 can be read back from their stream id, whatever else the object carries', () => {
    fc.assert(
      fc.property(part, part, (aggregateType, aggregateId) => {
        const carried = { expectedVersion: 3, aggregateId, aggregateType, events: [] }
        expect(JSON.parse(streamIdOf(carried))).toEqual({ aggregateType, aggregateId })
      }),
    )
  })

  it('1.1 move a character from the type to the id, and are another stream', () => {
    const at = (aggregateType: string, aggregateId: string) => ({
      aggregateType,
      aggregateId,
      expectedVersion: 'any' as const,
    })
    const streams = [at('a', 'b:c'), at('a:b', 'c'), at('a","aggregateId":"b', 'c'), at('c', 'a')]
    expect(planStreams(serializer, streams)).toHaveLength(4)
  })

  it('3.6 that occur twice in one commit are refused', () => {
    const stream = { aggregateType: 'account', aggregateId: 'a', expectedVersion: 'any' as const }
    const other = { ...stream, aggregateId: 'b' }
    const work = () => planStreams(serializer, [stream, other, { ...stream, expectedVersion: 3 }])
    expect(work).toThrow(DuplicateStreamError)
    expect(work).toThrow(
      expect.objectContaining({
        aggregateType: 'account',
        aggregateId: 'a',
        streamId: '{"aggregateType":"account","aggregateId":"a"}',
      }) as Error,
    )
  })
})
