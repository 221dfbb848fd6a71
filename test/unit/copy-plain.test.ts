import * as fc from 'fast-check'
import { copyPlain } from '../../src/aggregate/copy-plain.js'

describe('7.3 the copy of what was handed in', () => {
  it.each([undefined, null, true, 0, -0, NaN, '', 'text', 1n, Symbol.iterator])(
    '7.3 of %p is itself',
    (value) => {
      expect(copyPlain(value)).toBe(value)
    },
  )

  it('7.3 is equal to it and shares no object or array with it', () => {
    const value = { a: [{ b: [1, { c: 'x' }] }], d: {} }
    const copy = copyPlain(value)
    expect(copy).toStrictEqual(value)
    expect(copy).not.toBe(value)
    expect(copy.a).not.toBe(value.a)
    expect(copy.a[0]).not.toBe(value.a[0])
    expect(copy.a[0]!.b[1]).not.toBe(value.a[0]!.b[1])
    expect(copy.d).not.toBe(value.d)
  })

  it('7.3 keeps the order of keys, undefined properties and a missing prototype', () => {
    const bare = Object.assign(Object.create(null) as object, { z: undefined, a: { y: 1, b: 2 } })
    const copy = copyPlain(bare)
    expect(Object.getPrototypeOf(copy)).toBeNull()
    expect(JSON.stringify(Object.keys(copy))).toBe('["z","a"]')
    expect(Object.keys(copy.a)).toEqual(['y', 'b'])
  })

  it('7.3 has an own property called __proto__ if the value has one', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as object
    const copy = copyPlain(value)
    expect(Object.keys(copy)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value).not.toBe(
      Object.getOwnPropertyDescriptor(value, '__proto__')?.value,
    )
  })

  it('7.3 leaves to the codec what is not plain', () => {
    class Money {}
    const value = { at: new Date(0), map: new Map(), money: new Money(), run: () => 1 }
    const copy = copyPlain(value)
    expect(copy.at).toBe(value.at)
    expect(copy.map).toBe(value.map)
    expect(copy.money).toBe(value.money)
    expect(copy.run).toBe(value.run)
  })

  it('7.3 leaves cycles to the codec, and does not run forever', () => {
    const value: Record<string, unknown> = { list: [] }
    value['self'] = value
    ;(value['list'] as unknown[]).push(value)
    const copy = copyPlain(value)
    expect(copy).not.toBe(value)
    expect(copy['self']).toBe(copy)
    expect((copy['list'] as unknown[])[0]).toBe(copy)
  })

  it('7.3 has the same object twice where the value has', () => {
    const twice = { a: 1 }
    const copy = copyPlain([twice, twice])
    expect(copy[0]).toBe(copy[1])
    expect(copy[0]).not.toBe(twice)
  })

  it('7.3 of any JSON value is equal to it, and stays so when every part of the value changes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const before = JSON.stringify(value)
        const copy = copyPlain(value)
        expect(copy).toStrictEqual(value)
        spoil(value)
        expect(JSON.stringify(copy)).toBe(before)
      }),
      { numRuns: 300 },
    )
  })
})

function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) spoil(inner)
  for (const key of Object.keys(value)) Reflect.deleteProperty(value, key)
  Object.assign(value, { spoilt: true })
}
