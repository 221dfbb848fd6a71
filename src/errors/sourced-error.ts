/**
 * What every error of this module is. Tell them apart by `code` or by class; `retryable` says whether the same
 * work, begun anew, may succeed. Messages say what was expected, what was found and what to do, and never
 * contain a payload.
 */
export abstract class SourcedError extends Error {
  abstract readonly code: string
  abstract readonly retryable: boolean

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
  }
}
