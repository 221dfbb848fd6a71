import { InvalidArgumentError } from './errors/index.js'
import { assertKnown, assertMilliseconds, assertWhole } from './options.js'
import type { ReadAllOptions } from './reading/read-all.js'
import type { ReadStreamOptions } from './reading/read-stream.js'

/** Refuses options of `readAll` that make no sense, before anything is read. */
export function assertReadAll<Entity>(options: ReadAllOptions<Entity>): void {
  assertKnown('readAll', options, [
    'after',
    'from',
    'aggregateTypes',
    'eventNames',
    'metadata',
    'where',
    'limit',
    'pageSize',
    'settleTimeoutMs',
  ])
  const { after, from, limit, pageSize, settleTimeoutMs, metadata = {} } = options
  if (after !== undefined && from !== undefined)
    throw new InvalidArgumentError(`Give readAll 'after' or 'from', not both.`)
  if (after !== undefined) assertWhole('after', after, 0)
  if (from !== undefined) assertWhole('from', from, 0)
  if (limit !== undefined) assertWhole('limit', limit, 1)
  if (pageSize !== undefined) assertWhole('pageSize', pageSize, 1)
  if (settleTimeoutMs !== undefined) assertMilliseconds('settleTimeoutMs', settleTimeoutMs)
  for (const [key, value] of Object.entries(metadata)) {
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      throw new InvalidArgumentError(
        `readAll can filter metadata by strings, numbers, booleans and null; '${key}' is of type ${typeof value}.`,
      )
    }
  }
}

/** The same for `readStream`. */
export function assertReadStream<Entity>(options: ReadStreamOptions<Entity>): void {
  assertKnown('readStream', options, [
    'fromSequence',
    'toVersion',
    'toTime',
    'direction',
    'where',
    'pageSize',
  ])
  if (options.fromSequence !== undefined) assertWhole('fromSequence', options.fromSequence, 0)
  if (options.toVersion !== undefined) assertWhole('toVersion', options.toVersion, 0)
  if (options.pageSize !== undefined) assertWhole('pageSize', options.pageSize, 1)
}
