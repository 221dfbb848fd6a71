import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DataSource } from 'typeorm'
import { InvalidArgumentError } from '../errors/index.js'

/** The one DataSource that a file exports, not yet opened unless the file opens it. */
export async function loadDataSource(path: string): Promise<DataSource> {
  const file = resolve(path)
  if (!existsSync(file)) throw new InvalidArgumentError(`There is no file ${file}.`)
  const exported = await exportsOf(file)
  const found = new Set<DataSource>()
  for (const value of [exported, ...(Object.values(exported) as unknown[])]) {
    const candidate = await value
    if (isDataSource(candidate)) found.add(candidate)
  }
  const [dataSource, second] = found
  if (dataSource === undefined || second !== undefined) {
    throw new InvalidArgumentError(
      `${file} exports ${found.size} DataSources, one is expected. Export it as the file's default.`,
    )
  }
  return dataSource
}

/**
 * Loaders of TypeScript hook into require() or into import(); a CommonJS file is required and an ES module imported,
 * as TypeORM's own command line does.
 */
async function exportsOf(file: string): Promise<object> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the file's name is known at run time only
    return unwrapped(require(file))
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error
    return unwrapped(await import(pathToFileURL(file).href))
  }
}

/** `module.exports = dataSource`, and a CommonJS module that was imported, come as they are or as `default`. */
function unwrapped(exported: unknown): object {
  if (typeof exported !== 'object' || exported === null) return {}
  const inner: unknown = (exported as { readonly default?: unknown }).default
  return typeof inner === 'object' && inner !== null && !isDataSource(inner)
    ? { ...exported, ...inner }
    : exported
}

/** By TypeORM's own mark, because the file may bring another copy of TypeORM. */
function isDataSource(value: unknown): value is DataSource {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { readonly '@instanceof'?: unknown })['@instanceof'] === Symbol.for('DataSource')
  )
}
