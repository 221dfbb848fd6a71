import * as names from '../contenders/names.mjs'

/** Who takes part in what one caller does after the other. */
export const ONE_AFTER_ANOTHER = [
  names.HAND_WRITTEN,
  names.HAND_WRITTEN_UNGUARDED,
  names.OURS,
  names.OURS_APPEND,
  names.EMMETT,
  names.CASTORE,
  names.MESSAGE_DB,
  names.SOURCED_REPO,
  names.TYPEORM,
  names.TYPEORM_SAVE,
]

/** Who takes part in what many callers do at once. */
export const AT_ONCE = [
  names.HAND_WRITTEN,
  names.OURS,
  names.OURS_ALONE,
  names.EMMETT,
  names.CASTORE,
  names.MESSAGE_DB,
  names.PGBENCH,
]

export const ON_SQLITE = [names.RAW_SQLITE, names.OURS, names.OURS_APPEND, names.EMMETT_SQLITE]
