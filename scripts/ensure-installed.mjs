// Lets `npm test`, `npm run demo` and `npm run bench` begin on a fresh clone: installs when node_modules is missing
// or older than the lock file. Uses nothing but Node. The argument names a folder with a package of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [folder = '.'] = process.argv.slice(2)
const root = fileURLToPath(new URL(`../${folder}/`, import.meta.url))
const installed = `${root}node_modules/.package-lock.json`
const current =
  existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs

if (!current) {
  console.log('Installing dependencies (native modules may be compiled, which takes a few minutes) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
