import { SourcedError } from '../errors/index.js'
import { streamIdOf } from '../model/stream-identity.js'
import type { StreamIdentity } from '../model/stream-identity.js'
import type { ImportReport } from './import-report.js'

/** An event cannot be stored; `cause` is what a store would throw for it. Nothing of its batch was written. */
export class ImportEventError extends SourcedError {
  readonly code = 'IMPORT_EVENT'
  readonly retryable = false

  constructor(
    /** Its place among the events handed in, from 0. */
    readonly index: number,
    override readonly cause: unknown,
  ) {
    super(
      `Event ${index} of those handed in, counted from 0, cannot be imported: ${messageOf(cause)}. Nothing of its batch was written.`,
      { cause },
    )
  }
}

/** An event does not continue its stream. Nothing of its batch was written. */
export class ImportConflictError extends SourcedError {
  readonly code = 'IMPORT_CONFLICT'
  readonly retryable = false
  readonly aggregateType: string
  readonly aggregateId: string
  readonly streamId: string

  constructor(
    stream: StreamIdentity,
    /** `'gap'`: events before it are missing. `'different'`: the stream has another event at this place. */
    readonly reason: 'gap' | 'different',
    /** The sequence that the event was handed in with. */
    readonly sequence: number,
    /** The sequence that comes next in the stream. */
    readonly expectedSequence: number,
  ) {
    const found =
      reason === 'gap'
        ? `the stream goes on with sequence ${expectedSequence}. Hand in every event of a stream, in the order of its sequences.`
        : `the stream has another event at this place. It was written by somebody else, or handed in with other content before.`
    super(
      `Event ${sequence} of stream ${streamIdOf(stream)} cannot be imported: ${found} Nothing of its batch was written.`,
    )
    this.aggregateType = stream.aggregateType
    this.aggregateId = stream.aggregateId
    this.streamId = streamIdOf(stream)
  }
}

/** The old events cannot be imported as they are. Nothing was written. */
export class ImportRefusedError extends SourcedError {
  readonly code = 'IMPORT_REFUSED'
  readonly retryable = false

  constructor(
    /** What was found; `anomalies` says where. */
    readonly report: ImportReport,
  ) {
    super(
      `The events were not imported, nothing was written: ${summary(report)}. Look at the report's 'anomalies'. ` +
        `Mend the old table or the mapping, leave the streams out with 'include', or choose what to do with irregular ` +
        `streams by 'irregularStreams'.`,
    )
  }
}

/** The import ran, but what is in the new tables is not what the old one holds. */
export class ImportVerificationError extends SourcedError {
  readonly code = 'IMPORT_VERIFICATION'
  readonly retryable = false

  constructor(
    /** What was found; `anomalies` says where. */
    readonly report: ImportReport,
  ) {
    super(
      `The imported events do not pass: ${summary(report)}. ${report.imported} events were written and stay. Do not ` +
        `switch over to them before the causes in the report's 'anomalies' are settled; then run the import again.`,
    )
  }
}

function summary({ counts, anomalies }: ImportReport): string {
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} × ${kind}`)
  const first = anomalies.find(({ kind }) => kind !== 'clock-went-back')
  return first === undefined ? kinds.join(', ') : `${kinds.join(', ')}; the first: ${first.message}`
}

/** For the middle of a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}
