import { cp, mkdir, readdir, realpath, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanUp, freshFolder } from '../migrations/fresh-database.js'
import { attempt, root } from './fixture-app.js'
import type { Outcome } from './fixture-app.js'

afterEach(cleanUp)

/** A clone with dependencies that were installed before its lock file changed, or after. */
async function clone(installedAt: Date, linked: boolean): Promise<{ folder: string; modules: string }> {
  const folder = await freshFolder()
  const modules = linked ? await freshFolder() : join(folder, 'node_modules')
  await mkdir(join(modules, 'left-alone'), { recursive: true })
  await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "name": "clone", "version": "1.0.0" }')
  const lock = { name: 'clone', version: '1.0.0', lockfileVersion: 3, packages: { '': {} } }
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock))
  await writeFile(join(modules, '.package-lock.json'), '{}')
  await utimes(join(modules, '.package-lock.json'), installedAt, installedAt)
  if (linked) await symlink(modules, join(folder, 'node_modules'))
  return { folder, modules }
}

const ensureInstalled = (folder: string): Promise<Outcome> =>
  attempt(folder, process.execPath, ['scripts/ensure-installed.mjs'])

const [before, after] = [new Date('2020-01-01'), new Date('2100-01-01')]

test('dependencies are installed when they are older than the lock file', async () => {
  const { folder, modules } = await clone(before, false)
  const { status, stdout } = await ensureInstalled(folder)
  expect(status).toBe(0)
  expect(stdout).toContain('Installing dependencies')
  expect(await readdir(modules).catch(() => [])).not.toContain('left-alone')
})

test.each([true, false])('and left alone when they are newer, behind a link (%s) too', async (linked) => {
  const { folder, modules } = await clone(after, linked)
  expect(await ensureInstalled(folder)).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(await readdir(modules)).toContain('left-alone')
})

test('a node_modules that is a link is never emptied', async () => {
  const { folder, modules } = await clone(before, true)
  const { status, stdout, stderr } = await ensureInstalled(folder)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(
    `is a symbolic link to ${await realpath(modules)}, which 'npm ci' would empty. Remove the link`,
  )
  expect(await readdir(modules)).toContain('left-alone')
})
