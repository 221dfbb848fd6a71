import { CommitRow } from './commit-row.js'
import { ContributorRow } from './contributor-row.js'
import { CreateGitReadModels1763860000000 } from './create-read-models.js'
import { DayRow } from './day-row.js'
import { FileRow } from './file-row.js'

/** What the DataSource needs beside the module's own entities and migrations. */
export const readModels = {
  entities: [FileRow, ContributorRow, CommitRow, DayRow],
  migrations: [CreateGitReadModels1763860000000],
}
