import { castore } from './postgres/castore.mjs'
import { emmett } from './postgres/emmett.mjs'
import { handWritten, handWrittenUnguarded } from './postgres/hand-written.mjs'
import { messageDb } from './postgres/message-db.mjs'
import { oursAppend } from './postgres/ours-append.mjs'
import { oursAlone, oursRepository } from './postgres/ours-repository.mjs'
import { pgbench } from './postgres/pgbench.mjs'
import { sourcedRepoTypeorm } from './postgres/sourced-repo-typeorm.mjs'
import { typeormInsert, typeormSave } from './postgres/typeorm-insert.mjs'
import { emmettSqlite } from './sqlite/emmett.mjs'
import * as ours from './sqlite/ours.mjs'
import { raw } from './sqlite/raw.mjs'

/** Everyone who takes part, by what they run on; the baseline first. */
export const databases = [
  {
    key: 'postgres',
    label: 'Postgres',
    kind: 'postgres',
    contenders: [
      handWritten,
      handWrittenUnguarded,
      oursRepository,
      oursAppend,
      oursAlone,
      emmett,
      castore,
      messageDb,
      sourcedRepoTypeorm,
      typeormInsert,
      typeormSave,
      pgbench,
    ],
  },
  sqlite('sqliteFull', 'FULL'),
  sqlite('sqliteNormal', 'NORMAL'),
]

function sqlite(key, synchronous) {
  return {
    key,
    label: `SQLite, synchronous ${synchronous}`,
    kind: 'sqlite',
    contenders: [raw, ours.oursRepository, ours.oursAppend, emmettSqlite].map((of) => of(synchronous)),
  }
}
