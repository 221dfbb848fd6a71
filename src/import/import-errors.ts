import { SourcedError } from '../errors/index.js'
import type { ImportReport } from './import-report.js'

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
