/**
 * Hands batches to `write` one after the other, and has the next one made meanwhile: there are never more than two. `stop` is
 * called when writing failed; its error is thrown once the batch that is being made has settled.
 */
export async function overlap<Batch>(
  batches: AsyncIterable<Batch>,
  write: (batch: Batch) => Promise<void>,
  stop?: () => void,
): Promise<void> {
  const source = batches[Symbol.asyncIterator]()
  try {
    for (let next = await source.next(); next.done !== true;) {
      const writing = write(next.value)
      if (stop !== undefined) writing.catch(stop)
      const [made, written] = await Promise.allSettled([source.next(), writing])
      if (written.status === 'rejected') throw written.reason
      if (made.status === 'rejected') throw made.reason
      next = made.value
    }
  } catch (error) {
    // The first error is the one to report.
    await source.return?.().catch(() => undefined)
    throw error
  }
}
