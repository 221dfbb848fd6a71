import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp, freshDatabase } from '../migrations/fresh-database.js'
import { pack } from './fixture-app.js'
import { Reader, stepsOf } from './follow-page.js'

jest.setTimeout(300_000)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'typeorm-sourced-reader-'))
})
afterAll(async () => {
  await cleanUp()
  await rm(folder, { recursive: true, force: true })
})

test('docs/getting-started.md works for a reader who does what it says', async () => {
  const { url } = await freshDatabase('postgres')
  const reader = new Reader(folder, await pack(folder), { DATABASE_URL: url as string })
  const steps = await stepsOf('docs/getting-started.md')
  expect(steps.length).toBeGreaterThan(15)
  for (const step of steps) {
    const said = await reader.follow(step).catch((error: unknown) => {
      throw new Error(`${step.at} failed`, { cause: error })
    })
    const missing = 'says' in step ? step.says.filter((line) => !said.includes(line)) : []
    expect({ at: step.at, said, missing }).toEqual({ at: step.at, said, missing: [] })
  }
})
