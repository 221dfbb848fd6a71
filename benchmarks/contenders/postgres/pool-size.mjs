/** The same for every contender: what pg and postgres.js have by default, and the clients that pgbench is given. */
export const POOL_SIZE = 10
