import type { DataSource } from 'typeorm'

/** The table as sourced-repo-typeorm 3.2.14 makes it, dumped from a database of its own. */
const TABLE = `CREATE TABLE event (
  "entityType" character varying NOT NULL,
  id character varying NOT NULL,
  method character varying NOT NULL,
  version integer NOT NULL,
  "snapshotVersion" integer NOT NULL,
  "timestamp" bigint NOT NULL,
  data jsonb NOT NULL,
  snapshot boolean NOT NULL,
  CONSTRAINT "PK_bfc080a56378f6db39d30b20660" PRIMARY KEY ("entityType", id, method, version)
)`
const INDEX = `CREATE INDEX "IDX_30c2f3bbaf6d34a55f8ae6e461" ON event USING btree (id)`

/** A row of it; the timestamp is a second of the year 2020 unless given. */
export interface OldRow {
  readonly type?: string
  readonly id?: string
  readonly method: string
  readonly version: number
  readonly timestamp?: number
  readonly data?: unknown
  readonly snapshot?: boolean
}

export const START = Date.UTC(2020, 0, 1)

export async function createSourcedTable(dataSource: DataSource): Promise<void> {
  await dataSource.query(TABLE)
  await dataSource.query(INDEX)
}

export async function insertOld(dataSource: DataSource, rows: readonly OldRow[]): Promise<void> {
  const values = rows.map(({ type = 'Account', id = 'a', method, version, timestamp, data, snapshot }) => ({
    entityType: type,
    id,
    method,
    version,
    snapshotVersion: 0,
    timestamp: timestamp ?? START + version * 1000,
    data: data ?? {},
    snapshot: snapshot ?? false,
  }))
  await dataSource.query(`INSERT INTO event SELECT * FROM json_populate_recordset(null::event, $1::json)`, [
    JSON.stringify(values),
  ])
}

/** Deposits of 1, 2, 3 …, a second apart. */
export function deposits(id: string, from: number, to: number): OldRow[] {
  return Array.from({ length: to - from + 1 }, (_, nth) => ({
    id,
    method: 'deposit',
    version: from + nth,
    data: { amount: from + nth },
  }))
}
