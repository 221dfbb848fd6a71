import { emmett } from './postgres/emmett.mjs'
import { handWritten, handWrittenUnguarded } from './postgres/hand-written.mjs'
import { oursAppend } from './postgres/ours-append.mjs'
import { oursRepository } from './postgres/ours-repository.mjs'
import { sourcedRepoTypeorm } from './postgres/sourced-repo-typeorm.mjs'
import { typeormInsert } from './postgres/typeorm-insert.mjs'
import * as sqlite from './sqlite/ours.mjs'
import { raw } from './sqlite/raw.mjs'

/** Everyone who takes part, by database; the baseline first. */
export const contenders = {
  postgres: [
    handWritten,
    handWrittenUnguarded,
    oursRepository,
    oursAppend,
    emmett,
    sourcedRepoTypeorm,
    typeormInsert,
  ],
  sqlite: [raw, sqlite.oursRepository, sqlite.oursAppend],
}
