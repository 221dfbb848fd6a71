import { DuplicateMessageError } from './errors/index.js'
import type { ProcessedMark } from './model/message.js'
import type { UnitOfWork, UnitOfWorkResult } from './unit-of-work.js'

/** What became of a message that was handed to `handleOnce`; both mean that it can be acknowledged. */
export type HandleOutcome = 'handled' | 'already-handled'

/** Runs the work of one message in a unit of work that also marks it; see `EventStore.handleOnce`. */
export async function handleOnce(
  isProcessed: (mark: ProcessedMark) => Promise<boolean>,
  run: (work: (unit: UnitOfWork) => Promise<void>) => Promise<UnitOfWorkResult<void>>,
  { consumer, messageId }: ProcessedMark,
  work: (unit: UnitOfWork) => Promise<void> | void,
): Promise<HandleOutcome> {
  // Most messages that come again come late: they need not run, and fail, to be known. The mark decides about the others.
  if (await isProcessed({ consumer, messageId })) return 'already-handled'
  try {
    const { outcome } = await run(async (unit) => {
      unit.processed(consumer, messageId)
      await work(unit)
    })
    if (outcome.kind === 'committed') return 'handled'
    const { processed } = outcome
    if (processed.consumer === consumer && processed.messageId === messageId) return 'already-handled'
    // The work itself marked another message, which was handled before: this one was not.
    throw new DuplicateMessageError(processed.consumer, processed.messageId, processed.processedAt)
  } catch (error) {
    const isThis =
      error instanceof DuplicateMessageError && error.consumer === consumer && error.messageId === messageId
    if (isThis) return 'already-handled'
    throw error
  }
}
