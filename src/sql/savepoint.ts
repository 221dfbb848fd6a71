import type { Statement } from './statement.js'

const statement = (text: string): Statement<void> => ({
  operation: 'savepoint',
  text,
  parameters: [],
  decode: () => undefined,
})

/** The savepoint around a commit in a host's transaction; the same words on both databases. */
export const savepoint = {
  set: statement('savepoint typeorm_sourced'),
  release: statement('release savepoint typeorm_sourced'),
  rollBack: statement('rollback to savepoint typeorm_sourced'),
} as const
