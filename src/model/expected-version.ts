/**
 * What a writer believes a stream's version to be.
 *
 * - a number: exactly this version; 0 for a stream that does not exist
 * - `'no-stream'`: the stream does not exist
 * - `'stream-exists'`: the stream has at least one event
 * - `'any'`: whatever it is; never fails because of another writer
 */
export type ExpectedVersion = number | 'no-stream' | 'stream-exists' | 'any'

/** Whether a stream of version `actual` is what the writer expected. */
export function isExpected(expected: ExpectedVersion, actual: number): boolean {
  switch (expected) {
    case 'any':
      return true
    case 'stream-exists':
      return actual > 0
    case 'no-stream':
      return actual === 0
    default:
      return actual === expected
  }
}

/** The one version that is expected; `undefined` if several would do. */
export function exactVersion(expected: ExpectedVersion): number | undefined {
  if (expected === 'no-stream') return 0
  return typeof expected === 'number' ? expected : undefined
}

/** Whether a value that came from outside is an expected version at all. */
export function isExpectedVersion(value: unknown): value is ExpectedVersion {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 && value < MAX_SEQUENCE
  return value === 'any' || value === 'no-stream' || value === 'stream-exists'
}

/** The last sequence a stream can have: the column is a 32-bit integer. */
export const MAX_SEQUENCE = 2_147_483_647
