/** The time, as exact as it is stored. Rounded up it would lie in the future for half a millisecond. */
export const NOW = `date_trunc('milliseconds', clock_timestamp())`

/** The time later by a parameter of milliseconds. */
export function later(parameter: string): string {
  return `${NOW} + ${parameter}::float8 * interval '1 millisecond'`
}
