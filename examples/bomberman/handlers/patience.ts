import type { RetryPolicy } from '../../../src/index.js'

/** All commits of a game meet at its board: whoever was slower loads and decides again. */
export const PATIENCE: RetryPolicy = { attempts: 20 }
