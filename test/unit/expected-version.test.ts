import * as fc from 'fast-check'
import { planStreams } from '../../src/commit/plan-changes.js'
import { InvalidArgumentError } from '../../src/errors/index.js'
import { isExpected, isExpectedVersion, MAX_SEQUENCE } from '../../src/model/expected-version.js'
import type { ExpectedVersion } from '../../src/model/expected-version.js'
import { CodecRegistry } from '../../src/serialization/codec-registry.js'
import { EventSerializer } from '../../src/serialization/event-serializer.js'
import { UpcasterChain } from '../../src/serialization/upcaster-chain.js'

const serializer = new EventSerializer(new CodecRegistry([]), new UpcasterChain([]))

function plan(expectedVersion: ExpectedVersion, events = 0): unknown {
  return planStreams(serializer, [
    {
      aggregateType: 'account',
      aggregateId: 'a',
      expectedVersion,
      events: Array.from({ length: events }, () => ({ name: 'happened' })),
    },
  ])
}

describe('3.2 an expected version', () => {
  const table: [ExpectedVersion, number, boolean][] = [
    [0, 0, true],
    [0, 1, false],
    [1, 0, false],
    [1, 1, true],
    [1, 2, false],
    ['no-stream', 0, true],
    ['no-stream', 1, false],
    ['stream-exists', 0, false],
    ['stream-exists', 1, true],
    ['stream-exists', 7, true],
    ['any', 0, true],
    ['any', 7, true],
  ]

  it.each(table)('3.2 of %p against a stream at version %i: %p', (expected, actual, holds) => {
    expect(isExpected(expected, actual)).toBe(holds)
  })

  it('3.2 that is a number holds for that version only; 0 means the same as no-stream', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (expected, actual) => {
        expect(isExpected(expected, actual)).toBe(expected === actual)
        expect(isExpected('no-stream', actual)).toBe(isExpected(0, actual))
        expect(isExpected('stream-exists', actual)).toBe(!isExpected('no-stream', actual))
        expect(isExpected('any', actual)).toBe(true)
      }),
    )
  })

  it.each([0, -0, 1, MAX_SEQUENCE - 1, 'no-stream', 'stream-exists', 'any'])('3.2 may be %p', (value) => {
    expect(isExpectedVersion(value)).toBe(true)
    expect(() => plan(value as ExpectedVersion)).not.toThrow()
  })

  const nonsense: unknown[] = [
    -1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    MAX_SEQUENCE,
    2 ** 53,
    '',
    '1',
    'ANY',
    'no stream',
    'toString',
    null,
    undefined,
    true,
    [],
    {},
  ]

  it.each(nonsense)('3.6 may not be %p', (value) => {
    expect(isExpectedVersion(value)).toBe(false)
    expect(() => plan(value as ExpectedVersion)).toThrow(InvalidArgumentError)
  })

  it('3.6 leaves room for the events of the append', () => {
    expect(() => plan(MAX_SEQUENCE - 3, 3)).not.toThrow()
    expect(() => plan(MAX_SEQUENCE - 3, 4)).toThrow(InvalidArgumentError)
  })
})
