/** Makes an error thrown by checks of arguments a rejection, so that callers handle one kind. */
export function rejecting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return work()
  } catch (error) {
    const reason = error as Error
    return Promise.reject(reason)
  }
}
