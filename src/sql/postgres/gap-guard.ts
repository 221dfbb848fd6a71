/**
 * SQL that tells the gap guard to leave out what the statement has checked by itself: that an event follows the last
 * one of its stream. The guard asks for each row by itself, which costs a commit a tenth of its time. `parameter`:
 * `'on'`; inside a host's transaction `'off'`, because the setting lasts until the transaction ends and the host may
 * insert events by hand. It has to be evaluated before the first row is inserted.
 */
export function sequencesChecked(parameter: string): string {
  return `set_config('typeorm_sourced.sequences_checked', ${parameter}, true)`
}

/** The value of that parameter. */
export function checkedBy({ isJoined }: { readonly isJoined: boolean }): 'on' | 'off' {
  return isJoined ? 'off' : 'on'
}
