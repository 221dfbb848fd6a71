import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm'
import { PostgresProcessedMessage, SqliteProcessedMessage } from '../../../entities/index.js'
import type { ProcessedMessageRow } from '../../../entities/index.js'
import { CommitRow } from '../read-model/commit-row.js'
import { ContributorRow } from '../read-model/contributor-row.js'
import { DayRow } from '../read-model/day-row.js'
import { FileRow } from '../read-model/file-row.js'

/** A row that is no instance of its class. */
export type Plain<Row> = { [Name in keyof Row]: Row[Name] }

/** Every row of the read models and every mark, in an order that does not depend on the database. */
export interface Rows {
  readonly files: readonly Plain<FileRow>[]
  readonly contributors: readonly Plain<ContributorRow>[]
  readonly commits: readonly Plain<CommitRow>[]
  readonly days: readonly Plain<DayRow>[]
  readonly marks: readonly Pick<ProcessedMessageRow, 'consumerName' | 'messageId'>[]
}

/** The rows as they are stored. */
export async function storedRows(dataSource: DataSource): Promise<Rows> {
  const all = async <Row extends ObjectLiteral>(entity: EntityTarget<Row>): Promise<Plain<Row>[]> =>
    inOrder((await dataSource.getRepository(entity).find()).map((row) => ({ ...row })))
  const marks = await all<ProcessedMessageRow>(
    dataSource.options.type === 'postgres' ? PostgresProcessedMessage : SqliteProcessedMessage,
  )
  return {
    files: await all(FileRow),
    contributors: await all(ContributorRow),
    commits: await all(CommitRow),
    days: await all(DayRow),
    marks: marks.map(({ consumerName, messageId }) => ({ consumerName, messageId })),
  }
}

export function inOrder<Row>(rows: Iterable<Row>): Row[] {
  const key = (row: Row): string => {
    const { ledger, consumerName, id, hash, day, messageId } = row as Record<string, string>
    return JSON.stringify([ledger ?? consumerName, id ?? hash ?? day ?? messageId])
  }
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
