/** Something the user can mend. It is shown as one line, without a stack trace. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message)
  }
}
