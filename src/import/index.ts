export { ImportRefusedError, ImportVerificationError } from './import-errors.js'
export type {
  ImportedStream,
  ImportOptions,
  MappedClass,
  MappedEvent,
  SourcedEvent,
  SourcedSnapshot,
} from './import-options.js'
export type {
  ImportAnomaly,
  ImportAnomalyKind,
  ImportProgress,
  ImportReport,
  SourcedStream,
} from './import-report.js'
export { importSourcedRepo } from './import-sourced-repo.js'
