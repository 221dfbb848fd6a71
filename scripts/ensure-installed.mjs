// Lets `npm test`, `npm run demo` and `npm run bench` begin on a fresh clone: installs when node_modules is missing
// or older than the lock file. Uses nothing but Node. The argument names a folder with a package of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [folder = '.'] = process.argv.slice(2)
const root = fileURLToPath(new URL(`../${folder}/`, import.meta.url))
const modules = `${root}node_modules`
const installed = `${modules}/.package-lock.json`
const current =
  existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs

if (!current) {
  // `npm ci` begins by emptying node_modules: behind a link, that is a folder that others may be using.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const target = existsSync(modules) ? realpathSync(modules) : 'a folder that does not exist'
    console.error(
      `The dependencies are older than package-lock.json, or missing. They are not installed, because ${modules} is a symbolic ` +
        `link to ${target}, which 'npm ci' would empty. Remove the link, or run 'npm ci' where it leads.`,
    )
    process.exit(1)
  }
  console.log('Installing dependencies (native modules may be compiled, which takes a few minutes) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
