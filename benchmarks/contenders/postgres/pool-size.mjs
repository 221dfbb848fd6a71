/** The same for every contender: one connection for each of the concurrent writers. */
export const POOL_SIZE = 16
