import type { ExpectedVersion } from '../model/expected-version.js'

/** An expected version as the number that the append statements compare with. */
export function expectedCode(expected: ExpectedVersion): number {
  switch (expected) {
    case 'any':
      return -2
    case 'stream-exists':
      return -1
    case 'no-stream':
      return 0
    default:
      return expected
  }
}
