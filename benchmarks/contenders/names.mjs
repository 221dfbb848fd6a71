// The names under which targets speak of the contenders.
export const OURS = 'typeorm-sourced, repository'
export const OURS_APPEND = 'typeorm-sourced, store.append'
export const HAND_WRITTEN = 'hand-written SQL on pg'
export const EMMETT = 'emmett-postgresql'
export const HAND_WRITTEN_UNGUARDED = 'the same without guards (the limit)'
export const TYPEORM = 'TypeORM insert, find, save'
