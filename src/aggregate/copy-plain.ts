import { isPlainObject } from '../model/plain-object.js'

/**
 * Copies plain objects and arrays, so that what was recorded does not change when the caller goes on using what
 * it handed in. Everything else stays as it is: the codec decides about it. Cycles are left to the codec too.
 */
export function copyPlain<T>(value: T): T {
  return copy(value, undefined) as T
}

/**
 * Copies a payload as it will be read back: an instance of a class, such as a request's DTO, becomes a plain object
 * of its own properties.
 */
export function copyPayload(payload: unknown): unknown {
  if (!isObject(payload) || Array.isArray(payload) || Object.getPrototypeOf(payload) === Object.prototype)
    return copyPlain(payload)
  const isInstance = Object.prototype.toString.call(payload) === '[object Object]' && !('toJSON' in payload)
  return copyPlain(isInstance ? assignOwn({}, payload) : payload)
}

/** `copies`: of what was met so far. The commonest payload is flat and needs none. */
function copy(value: unknown, copies: Map<object, unknown> | undefined): unknown {
  if (!isObject(value)) return value
  const known = copies?.get(value)
  if (known !== undefined) return known
  if (!Array.isArray(value) && !isPlainObject(value)) return value
  const result = emptyLike(value)
  copies?.set(value, result)
  const copyInner = (inner: unknown): unknown =>
    isObject(inner) ? copy(inner, (copies ??= new Map([[value, result]]))) : inner
  if (Array.isArray(value))
    for (let index = 0; index < value.length; index++) (result as unknown[])[index] = copyInner(value[index])
  else
    for (const key of Object.keys(value)) set(result, key, copyInner((value as Record<string, unknown>)[key]))
  return result
}

function emptyLike(value: object): object {
  if (Array.isArray(value)) return []
  return Object.getPrototypeOf(value) === null ? (Object.create(null) as object) : {}
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Copies own properties as `Object.assign` does, but keeps one that is called `__proto__` a property. */
export function assignOwn<T extends object>(target: T, source: unknown): T {
  if (!isObject(source)) return target
  for (const key of Object.keys(source)) set(target, key, (source as Record<string, unknown>)[key])
  return target
}

/** Assigning `__proto__` would change the prototype instead of adding a property; defining all would be slow. */
function set(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
