export type { EventToImport } from './encode-event.js'
export {
  ImportConflictError,
  ImportEventError,
  ImportRefusedError,
  ImportVerificationError,
} from './import-errors.js'
export { importEvents } from './import-events.js'
export type { ImportEventsOptions, ImportEventsReport } from './import-events.js'
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
