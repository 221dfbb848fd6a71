import * as fc from 'fast-check'
import { UpcastError } from '../../src/errors/index.js'
import { UpcasterChain } from '../../src/serialization/upcaster-chain.js'
import type { Upcaster } from '../../src/serialization/upcaster-chain.js'

/** `step('a 1', 'a 2')`: an upcaster that notes in the payload that it ran. */
function step(from: string, to: string): Upcaster {
  return {
    from: identity(from),
    to: identity(to),
    upcast: (payload) => [...(payload as string[]), `${from} → ${to}`],
  }
}

function identity(text: string): { name: string; version: number } {
  const at = text.lastIndexOf(' ')
  return { name: text.slice(0, at), version: Number(text.slice(at + 1)) }
}

function refusalOf(work: () => unknown): UpcastError {
  try {
    work()
  } catch (error) {
    if (error instanceof UpcastError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const event = (name: string, version: number) => ({ name, version, payload: [] as string[] })

describe('6.3 upcasters', () => {
  it('6.3 change nothing if there are none for the event', () => {
    const stored = event('opened', 1)
    expect(new UpcasterChain([]).upcast(stored)).toEqual(stored)
    expect(new UpcasterChain([step('other 1', 'other 2')]).upcast(stored)).toEqual(stored)
    expect(new UpcasterChain([step('opened 2', 'opened 3')]).upcast(stored)).toEqual(stored)
  })

  it('6.3 chain from any version to the newest, in whatever order they were registered', () => {
    const steps = [step('a 1', 'a 2'), step('a 2', 'a 3'), step('a 3', 'a 4')]
    for (const order of [steps, [...steps].reverse(), [steps[1]!, steps[2]!, steps[0]!]]) {
      const chain = new UpcasterChain(order)
      expect(chain.upcast(event('a', 1))).toEqual({
        name: 'a',
        version: 4,
        payload: ['a 1 → a 2', 'a 2 → a 3', 'a 3 → a 4'],
      })
      expect(chain.upcast(event('a', 3)).payload).toEqual(['a 3 → a 4'])
      expect(chain.upcast(event('a', 4))).toEqual(event('a', 4))
      expect(chain.newestVersionOf('a')).toBe(4)
    }
  })

  it('6.3 rename an event, and go on under the new name', () => {
    const chain = new UpcasterChain([
      step('created 1', 'created 2'),
      step('created 2', 'opened 1'),
      step('opened 1', 'opened 2'),
    ])
    expect(chain.upcast(event('created', 1))).toEqual({
      name: 'opened',
      version: 2,
      payload: ['created 1 → created 2', 'created 2 → opened 1', 'opened 1 → opened 2'],
    })
    expect(chain.newestVersionOf('opened')).toBe(2)
  })

  it('6.3 rename into the middle of another chain', () => {
    const chain = new UpcasterChain([step('b 1', 'b 2'), step('b 2', 'b 3'), step('a 5', 'b 2')])
    expect(chain.upcast(event('a', 5)).payload).toEqual(['a 5 → b 2', 'b 2 → b 3'])
  })

  it('6.3 leave the event that was handed in as it was', () => {
    const stored = Object.freeze({ name: 'a', version: 1, payload: Object.freeze(['kept']) })
    const chain = new UpcasterChain([step('a 1', 'a 2')])
    expect(chain.upcast(stored).payload).toEqual(['kept', 'a 1 → a 2'])
    expect(stored).toEqual({ name: 'a', version: 1, payload: ['kept'] })
  })

  it('6.3 know every name under which an event may be stored', () => {
    const chain = new UpcasterChain([
      step('old 1', 'older 1'),
      step('older 1', 'new 1'),
      step('split 1', 'new 1'),
      step('new 1', 'new 2'),
      step('unrelated 1', 'unrelated 2'),
    ])
    expect(new Set(chain.storedNamesOf('new'))).toEqual(new Set(['new', 'older', 'old', 'split']))
    expect(chain.storedNamesOf('older').sort()).toEqual(['old', 'older'])
    expect(chain.storedNamesOf('unrelated')).toEqual(['unrelated'])
    expect(chain.storedNamesOf('never heard of')).toEqual(['never heard of'])
  })

  it('6.3 know no newest version of a name that none leads to', () => {
    const chain = new UpcasterChain([step('a 1', 'b 1')])
    expect(chain.newestVersionOf('a')).toBeUndefined()
    expect(chain.newestVersionOf('b')).toBe(1)
    expect(new UpcasterChain([]).newestVersionOf('a')).toBeUndefined()
  })

  it('6.3 are refused if two begin at the same event and version', () => {
    const error = refusalOf(() => new UpcasterChain([step('a 1', 'a 2'), step('a 1', 'b 1')]))
    expect(error).toMatchObject({ eventName: 'a', eventVersion: 1, code: 'UPCAST', retryable: false })
    expect(error.message).toMatch(/registered twice/)
  })

  it.each([
    ['skips a version', 'a 1', 'a 3'],
    ['stays at its version', 'a 1', 'a 1'],
    ['goes back', 'a 2', 'a 1'],
  ])('6.3 are refused if one %s', (_, from, to) => {
    expect(refusalOf(() => new UpcasterChain([step(from, to)]))).toMatchObject({
      eventName: 'a',
      eventVersion: identity(from).version,
    })
  })

  it.each([
    [
      ['a 1', 'a 2'],
      ['a 3', 'a 4'],
    ],
    [
      ['a 3', 'a 4'],
      ['a 1', 'a 2'],
    ],
    [
      ['a 1', 'a 2'],
      ['a 3', 'b 1'],
    ],
    [
      ['a 1', 'b 1'],
      ['a 3', 'a 4'],
    ],
  ] as [string, string][][])('6.3 are refused if a version between them is missing: %j', (...pairs) => {
    const error = refusalOf(() => new UpcasterChain(pairs.map(([from, to]) => step(from, to))))
    expect(error).toMatchObject({ eventName: 'a', eventVersion: 2 })
    expect(error.message).toMatch(/missing/)
  })

  it.each([
    [
      ['a 1', 'b 1'],
      ['b 1', 'a 1'],
    ],
    [
      ['a 1', 'b 1'],
      ['b 1', 'c 1'],
      ['c 1', 'a 1'],
    ],
    [
      ['start 1', 'a 1'],
      ['a 1', 'a 2'],
      ['a 2', 'b 1'],
      ['b 1', 'a 1'],
    ],
  ] as [string, string][][])('6.3 are refused if they lead back to where they began: %j', (...pairs) => {
    expect(refusalOf(() => new UpcasterChain(pairs.map(([from, to]) => step(from, to)))).message).toMatch(
      /leads back to itself/,
    )
  })

  it('6.3 need not begin at version 1', () => {
    const chain = new UpcasterChain([step('a 7', 'a 8'), step('a 8', 'a 9')])
    expect(chain.upcast(event('a', 7)).version).toBe(9)
  })

  it('6.3 do not confuse names that contain versions', () => {
    const chain = new UpcasterChain([step('1 a 1', '1 a 2'), step('a 11', 'a 12')])
    expect(chain.upcast(event('a', 11)).payload).toEqual(['a 11 → a 12'])
    expect(chain.upcast(event('1 a', 1)).payload).toEqual(['1 a 1 → 1 a 2'])
  })

  it('6.3 that fail are named, their cause is kept, and the payload is not repeated', () => {
    const cause = new Error('no amount')
    const failing: Upcaster = {
      ...step('a 2', 'a 3'),
      upcast: () => {
        throw cause
      },
    }
    const chain = new UpcasterChain([step('a 1', 'a 2'), failing])
    const error = refusalOf(() => chain.upcast({ name: 'a', version: 1, payload: ['secret'] }))
    expect(error).toMatchObject({ eventName: 'a', eventVersion: 2 })
    expect(error.cause).toBe(cause)
    expect(error.message).not.toContain('secret')
  })

  it('6.3 bring every stored version to the newest, whatever the chain and its order', () => {
    const chains = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 }))
      .map(([first, length]) =>
        Array.from({ length }, (_, n) => step(`e ${first + n}`, `e ${first + n + 1}`)),
      )
      .chain((steps) => fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, { minLength: steps.length })))
    fc.assert(
      fc.property(chains, ([steps, shuffled]) => {
        const chain = new UpcasterChain(shuffled)
        const newest = steps.at(-1)!.to.version
        expect(chain.newestVersionOf('e')).toBe(newest)
        for (const { from } of steps) {
          const { name, version, payload } = chain.upcast(event('e', from.version))
          expect({ name, version }).toEqual({ name: 'e', version: newest })
          expect(payload).toHaveLength(newest - from.version)
        }
      }),
    )
  })
})
