export * from './commit-errors.js'
export * from './payload-errors.js'
export * from './sourced-error.js'
export * from './storage-errors.js'
