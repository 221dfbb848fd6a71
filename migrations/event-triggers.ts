/** The triggers that guard the event table, by the suffix of their names. */
export const EVENT_TRIGGERS = {
  postgres: ['contiguous', 'placeholder', 'immutable', 'no_truncate'],
  sqlite: ['contiguous', 'no_update', 'no_delete'],
} as const
