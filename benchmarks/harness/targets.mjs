import { timesAsFast } from './statistics.mjs'

/** One who is to be at least so many times as fast as another, judged when both were measured. */
export function fasterBy(text, of, against, least) {
  return (samples) =>
    atLeast(
      text,
      samples.has(of) && samples.has(against) ? timesAsFast(samples, of, against) : undefined,
      least,
    )
}

/** `value` undefined: it could not be measured, which is said and is not the same as missed. */
export function atLeast(text, value, least) {
  return { text, value, met: value === undefined ? undefined : value >= least }
}

export function atMost(text, value, most) {
  return { text, value, met: value === undefined ? undefined : value <= most }
}

export function verdict(met) {
  if (met === undefined) return '– not measured'
  return met ? '✓ met' : '✗ missed'
}
