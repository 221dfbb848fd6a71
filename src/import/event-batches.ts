import { setImmediate } from 'node:timers/promises'
import type { EncodedImport, EventToImport } from './encode-event.js'
import { ImportEventError } from './import-errors.js'
import type { ImportTarget, PreparedBatch } from './import-target.js'

/** Characters of payloads and metadata with which a batch is full, however few its events are. */
const MOST_TEXT = 8 * 1024 * 1024

/** After so many events others get a turn, among them the batch that is being sent. */
const EVENTS_AT_ONCE = 200

type Source = Iterator<EventToImport> | AsyncIterator<EventToImport>

/** Events encoded in batches, pulled from their source no earlier than a batch is asked for. */
export class EventBatches implements AsyncIterable<PreparedBatch> {
  private pulled = 0
  private isExhausted = false

  constructor(
    private readonly events: Iterable<EventToImport> | AsyncIterable<EventToImport>,
    private readonly size: number,
    private readonly target: Pick<ImportTarget, 'encode' | 'prepare'>,
    /** Ends them at once, also while the source keeps everybody waiting. */
    private readonly signal: AbortSignal,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<PreparedBatch> {
    const { events, signal } = this
    const source: Source =
      Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]()
    return {
      next: async () => {
        signal.throwIfAborted()
        const value = await orAborted(this.gather(source), signal)
        return value.events.length === 0 ? { done: true, value } : { done: false, value }
      },
      return: async () => {
        // A source that keeps everybody waiting would do so here too.
        const closed = Promise.resolve(this.isExhausted ? undefined : source.return?.())
        await orAborted(closed, signal)
        return { done: true, value: undefined }
      },
    }
  }

  private async gather(source: Source): Promise<PreparedBatch> {
    const batch: EncodedImport[] = []
    let text = 0
    while (batch.length < this.size && text < MOST_TEXT && !this.isExhausted && !this.signal.aborted) {
      const pulling = source.next()
      const pulled: IteratorResult<EventToImport, unknown> = 'then' in pulling ? await pulling : pulling
      if (pulled.done === true) this.isExhausted = true
      else {
        const event = this.encoded(pulled.value)
        text += event.payload.text.length + event.metadata.length
        batch.push(event)
        if (++this.pulled % EVENTS_AT_ONCE === 0) await setImmediate()
      }
    }
    return this.target.prepare(batch)
  }

  private encoded(event: EventToImport): EncodedImport {
    try {
      return this.target.encode(event)
    } catch (cause) {
      throw new ImportEventError(this.pulled, cause)
    }
  }
}

/** What `work` gives, or the signal's reason as soon as it is aborted; `work` is then left to itself. */
function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}
