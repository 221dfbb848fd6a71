export type RefusalReason = 'overdraft' | 'no-account' | 'same-account' | 'key-reused'

/** The bank will not do it, however often it is asked. */
export class Refusal extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message)
  }
}
