import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AGGREGATE_TYPE, deposit, EVENT_NAME } from '../../account.mjs'
import { findProgram } from '../../harness/find-program.mjs'
import { PGBENCH } from '../names.mjs'
import { POOL_SIZE } from './pool-size.mjs'
import { createUnguardedTables } from './unguarded-tables.mjs'

const execute = promisify(execFile)
const THREADS = 2

/** Fewer transactions of a client are over in a moment and say little. */
const LEAST_EACH = 200

export const pgbench = {
  key: 'pgbench',
  name: PGBENCH,
  guarantees:
    'the same row by a C program: the unique key refuses a taken version, nothing else is checked; its own process and threads',
  missing: async () =>
    (await findProgram('pgbench')) === undefined
      ? 'there is no pgbench on the PATH nor beside the embedded Postgres'
      : undefined,
  open: async (url) => {
    await (await createUnguardedTables(url)).destroy()
    const program = await findProgram('pgbench')
    const script = join(tmpdir(), `typeorm-sourced-bench-${process.pid}.pgbench`)
    await writeFile(script, SCRIPT)
    let runs = 0
    return {
      /** Runs about `count` transactions and gives the time that `count` of them take, without connecting. */
      callers: (callers) => async (count) => {
        const clients = Math.min(callers, POOL_SIZE)
        const each = Math.max(Math.ceil(count / clients), LEAST_EACH)
        const jobs = Math.min(THREADS, clients)
        const options = ['-n', '-M', 'prepared', '-c', clients, '-j', jobs, '-t', each]
        return async () => {
          const run = ++runs
          const variables = ['-D', `run=${run}`, '-D', 'n=0']
          const { stdout } = await execute(program, [...options, ...variables, '-f', script, url].map(String))
          return (count / transactionsASecond(stdout)) * 1_000
        }
      },
      close: () => rm(script, { force: true }),
    }
  },
}

/** Each client appends to a stream of its own, as the other contenders' callers do. */
const SCRIPT = `\\set n :n + 1
insert into aggregate_events (aggregate_type, aggregate_id, sequence, commit_id, event_name, event_version, payload, payload_codec, payload_codec_version, metadata) values ('${AGGREGATE_TYPE}', concat('2026-north-', :run::int, '-', :client_id::int), :n::int, gen_random_uuid(), '${EVENT_NAME}', 1, '${JSON.stringify(deposit()).replaceAll(':', ': ')}', 'json', 1, '{}');
`

function transactionsASecond(output) {
  const [, rate] = /^tps = ([\d.]+) \((?:without|excluding)/m.exec(output) ?? []
  if (rate === undefined) throw new Error(`pgbench said nothing about its rate:\n${output}`)
  return Number(rate)
}
