import { SourcedError } from './sourced-error.js'

/** The property names and values of a row's primary key. */
export type RowKey = Readonly<Record<string, unknown>>

/** A row is not at the version that was expected, or exists although it should not. Nothing was written. */
export class ReadModelConflictError extends SourcedError {
  readonly code = 'READ_MODEL_CONFLICT'
  readonly retryable = true

  constructor(
    readonly table: string,
    readonly key: RowKey,
    /** `'none'`: the row was expected not to exist. */
    readonly expectedVersion: number | 'none',
    /** `undefined`: the entity has no version column. */
    readonly actualVersion: number | undefined,
  ) {
    super(
      `Row ${JSON.stringify(key)} of table ${table} was expected ` +
        (expectedVersion === 'none' ? 'not to exist' : `at version ${expectedVersion}`) +
        ` and ${actualVersion === undefined ? 'exists' : `is at version ${actualVersion}`}. ` +
        `Nothing was written. Read the row again and repeat the change.`,
    )
  }
}

/** A row that has to exist does not. Nothing was written. */
export class ReadModelNotFoundError extends SourcedError {
  readonly code = 'READ_MODEL_NOT_FOUND'
  readonly retryable = false

  constructor(
    readonly table: string,
    readonly key: RowKey,
    /** `undefined`: any version would have done. */
    readonly expectedVersion: number | undefined,
  ) {
    super(
      `Row ${JSON.stringify(key)} of table ${table} does not exist` +
        (expectedVersion === undefined ? '' : `, expected was version ${expectedVersion}`) +
        `. Nothing was written. Use insert or upsert for rows that may be missing.`,
    )
  }
}

/** A read-model operation makes no sense for its entity, whatever the table contains. Nothing was written. */
export class ReadModelPlanError extends SourcedError {
  readonly code = 'READ_MODEL_PLAN'
  readonly retryable = false

  constructor(
    readonly entity: string,
    /** The property it is about, if there is one. */
    readonly property: string | undefined,
    problem: string,
  ) {
    super(`${entity}${property === undefined ? '' : `.${property}`}: ${problem} Nothing was written.`)
  }
}
