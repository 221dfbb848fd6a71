import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp, freshDatabase } from '../migrations/fresh-database.js'
import { pack } from './fixture-app.js'
import { Reader, stepsOf } from './follow-page.js'
import type { Step } from './follow-page.js'

jest.setTimeout(300_000)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-reader-'))
})
afterAll(async () => {
  await cleanUp()
  await rm(folder, { recursive: true, force: true })
})

// Two readers at the same time: each waits for npm and the compiler most of the time.
test('docs/getting-started.md works for readers who do what it says, with TypeORM and with NestJS', async () => {
  const { url } = await freshDatabase('postgres')
  const tarball = await pack(folder)
  const read = async (section: string): Promise<void> => {
    const reader = new Reader(folder, tarball, { DATABASE_URL: url as string })
    await followAll(reader, await stepsOf('docs/getting-started.md', section)).finally(() => reader.leave())
  }
  const outcomes = await Promise.allSettled([read('With TypeORM'), read('With NestJS')])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
})

async function followAll(reader: Reader, steps: readonly Step[]): Promise<void> {
  expect(steps.length).toBeGreaterThan(15)
  for (const step of steps) {
    const said = await reader.follow(step).catch((error: unknown) => {
      throw new Error(`${step.at} failed`, { cause: error })
    })
    const missing = 'says' in step ? step.says.filter((line) => !said.includes(line)) : []
    expect({ at: step.at, said, missing }).toEqual({ at: step.at, said, missing: [] })
  }
}
