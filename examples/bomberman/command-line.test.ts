import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

function run(...args: readonly string[]): { code: number | null; output: string; errors: string } {
  const all = ['--import', 'tsx', join(__dirname, 'main.ts'), ...args]
  const env = { ...process.env, DATABASE_URL: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env })
  return { code: status, output: stdout, errors: stderr }
}

test('plays without a terminal: the first board, the news, the last board, the winner and the kills', () => {
  const { code, output, errors } = run('--seed', '2', '--players', '3')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output).toMatch(/^tick 0\n█+\n/)
  expect(output).toMatch(/^tick \d+: (a bomb goes off|\d bombs go off)/m)
  expect(output).toMatch(/^(ann|bob|cid) wins after \d+ ticks\.$/m)
  expect(output.match(/^(ann|bob|cid) +(ann|bob|cid|an own bomb) +\d+$/gm)).toHaveLength(2)
  expect(output).not.toContain('\u001b')
  expect(run('--seed', '2', '--players', '3').output).toBe(output)
})

test('says how it is used', () => {
  expect(run('--help')).toMatchObject({ code: 0, errors: '' })
  expect(run('--players', '9')).toMatchObject({
    code: 2,
    errors: expect.stringMatching(/^--players has to be a whole number from 2 to 4\.\n/),
  })
  expect(run('--unknown')).toMatchObject({ code: 2, errors: expect.stringMatching(/^Unknown option/) })
})
