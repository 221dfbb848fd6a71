import { isPlainObject } from '../model/plain-object.js'

/**
 * Copies plain objects and arrays, so that what was recorded does not change when the caller goes on using what
 * it handed in. Everything else stays as it is: the codec decides about it. Cycles are left to the codec too.
 */
export function copyPlain<T>(value: T): T {
  return copy(value, new Map()) as T
}

/**
 * Copies a payload as it will be read back: an instance of a class, such as a request's DTO, becomes a plain object
 * of its own properties.
 */
export function copyPayload(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return copyPlain(payload)
  const isInstance = Object.prototype.toString.call(payload) === '[object Object]' && !('toJSON' in payload)
  return copyPlain(isInstance ? assignOwn({}, payload) : payload)
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
  if (!isPlainObject(value)) return value
  const object = Object.getPrototypeOf(value) === null ? (Object.create(null) as object) : {}
  copies.set(value, object)
  for (const [key, property] of Object.entries(value)) set(object, key, copy(property, copies))
  return object
}

/** Copies own properties as `Object.assign` does, but keeps one that is called `__proto__` a property. */
export function assignOwn<T extends object>(target: T, source: unknown): T {
  if (typeof source !== 'object' || source === null) return target
  for (const [key, value] of Object.entries(source)) set(target, key, value)
  return target
}

/** Assigning `__proto__` would change the prototype instead of adding a property; defining all would be slow. */
function set(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
