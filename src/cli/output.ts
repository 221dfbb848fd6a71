/** Where a command writes. */
export interface Output {
  /** What was asked for. */
  out(text: string): void
  /** Why it could not be found out. */
  fail(text: string): void
}
