/**
 * Copies plain objects and arrays, so that what was recorded does not change when the caller goes on using what
 * it handed in. Everything else stays as it is: the codec decides about it. Cycles are left to the codec too.
 */
export function copyPlain<T>(value: T): T {
  return copy(value, new Map()) as T
}

function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const items: unknown[] = []
    copies.set(value, items)
    for (let index = 0; index < value.length; index++) items[index] = copy(value[index], copies)
    return items
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const object = Object.create(prototype) as Record<string, unknown>
  copies.set(value, object)
  for (const [key, property] of Object.entries(value)) define(object, key, copy(property, copies))
  return object
}

/** Assigning `__proto__` would change the prototype instead of adding a property. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
