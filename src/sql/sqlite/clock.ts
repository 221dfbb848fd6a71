/** The time in the form of `decodeTime`. Inside one statement it stands still. */
export const NOW = `strftime('%Y-%m-%d %H:%M:%f', 'now')`

/** The time later by a parameter that `encodeDelay` gives. */
export const LATER = `strftime('%Y-%m-%d %H:%M:%f', 'now', ?)`

export function encodeDelay(milliseconds: number): string {
  return `+${(milliseconds / 1000).toFixed(3)} seconds`
}
