import { DataSource } from 'typeorm'
import { InvalidArgumentError } from '../errors/index.js'

/** Refuses what is no DataSource, and one of another generation of TypeORM than the module itself works with. */
export function assertDataSource(given: unknown): asserts given is DataSource {
  if (!isDataSource(given)) {
    throw new InvalidArgumentError(
      `EventStore needs a DataSource of TypeORM and got ${describe(given)}. Pass the DataSource itself, ` +
        'such as `new EventStore(dataSource)`.',
    )
  }
  const [hosts, own] = [generationOf(given), generationOf(DataSource.prototype)]
  if (hosts !== own) {
    throw new InvalidArgumentError(
      `There are two copies of typeorm: the DataSource is of TypeORM ${hosts}, typeorm-sourced loads TypeORM ${own}. ` +
        'They share the metadata of entities and do not understand each other. `npm ls typeorm` shows who brings which; install one version ' +
        'for all, in a monorepo in the same package.json as typeorm-sourced.',
    )
  }
}

/** Whether TypeORM, as this module loads it, still has the driver for the package sqlite3. */
export function supportsSqlite3(): boolean {
  return generationOf(DataSource.prototype) === '0.3'
}

/** What its classes no longer have tells 1.x; no version can be asked for. */
function generationOf(dataSource: object): '0.3' | '1.x' {
  return 'isConnected' in dataSource ? '0.3' : '1.x'
}

/** Not by its class: two copies of the same generation work together. */
function isDataSource(given: unknown): given is DataSource {
  return typeof given === 'object' && given !== null && 'driver' in given && 'createQueryRunner' in given
}

function describe(given: unknown): string {
  if (given instanceof Promise) return 'a promise: await it first'
  if (typeof given === 'object' && given !== null) return 'an object without a driver'
  return typeof given
}
