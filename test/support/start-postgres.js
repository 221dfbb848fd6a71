const { startPostgresProcess } = require('./postgres-process.js')

/** The tests run against `DATABASE_URL`, or against a Postgres of their own. */
module.exports = async () => {
  if (process.env.DATABASE_URL) {
    process.env.TEST_DATABASE_URL = process.env.DATABASE_URL
    return
  }
  const server = await startPostgresProcess({ forgetful: true })
  globalThis.testPostgres = server
  process.env.TEST_DATABASE_URL = server.url
}
