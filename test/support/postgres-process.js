const { spawn } = require('node:child_process')
const { join } = require('node:path')
const { createInterface } = require('node:readline')

/**
 * A Postgres server of one's own in a child process: `url`, and `kill()`, `start()`, `stop()`. `forgetful`: it leaves its writes
 * to the operating system, which is faster.
 */
async function startPostgresProcess({ forgetful = false } = {}) {
  const program = [join(__dirname, 'embedded-postgres.mjs'), ...(forgetful ? ['--forgetful'] : [])]
  const child = spawn(process.execPath, program, {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line))
  const exited = new Promise((resolve) => child.once('exit', resolve))
  exited.then(() =>
    waiting.forEach(({ reject }) => reject(new Error('The embedded Postgres did not start.'))),
  )
  const answer = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  const ask = (command) => {
    const line = answer()
    child.stdin.write(`${command}\n`)
    return line
  }
  const [, url] = (await answer()).split(' ')
  return {
    url,
    kill: () => ask('kill'),
    start: () => ask('start'),
    stop: async () => {
      child.stdin.end()
      await exited
    },
  }
}

module.exports = { startPostgresProcess }
