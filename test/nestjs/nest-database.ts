import type { INestApplication, ModuleMetadata } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { TypeOrmModule } from '@nestjs/typeorm'
import type { TypeOrmModuleOptions } from '@nestjs/typeorm'
import type { DynamicModule } from '@nestjs/common'
import { postgresEntities, sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { cleanUp as dropDatabases, freshDatabase } from '../migrations/fresh-database.js'
import type { Driver } from '../migrations/fresh-database.js'

export type StoreEntities = readonly (new () => object)[]

/** The databases that the applications of these tests run on. */
export const nestDrivers = ['better-sqlite3', 'postgres'] as const satisfies readonly Driver[]

export const entitiesOf = (driver: Driver): StoreEntities =>
  driver === 'postgres' ? postgresEntities : sqliteEntities

/** What a host gives TypeOrmModule for a new database of its own, with the tables of the store. */
export async function databaseOptions(
  driver: Driver,
  more: Readonly<Record<string, unknown>> = {},
): Promise<TypeOrmModuleOptions> {
  return {
    type: driver,
    ...(await freshDatabase(driver)),
    entities: [...entitiesOf(driver)],
    migrations: [...sourcedMigrations],
    migrationsRun: true,
    retryAttempts: 0,
    ...more,
  } as unknown as TypeOrmModuleOptions
}

/** TypeOrmModule on a new database. */
export async function databaseModule(
  driver: Driver,
  more: Readonly<Record<string, unknown>> = {},
): Promise<DynamicModule> {
  return TypeOrmModule.forRoot(await databaseOptions(driver, more))
}

const applications: INestApplication[] = []

/** An application that was started, and is closed after the test. */
export async function start(metadata: ModuleMetadata): Promise<INestApplication> {
  const application = await make(metadata)
  await application.init()
  return application
}

/** An application that was not started yet. */
export async function make(metadata: ModuleMetadata): Promise<INestApplication> {
  const module = await Test.createTestingModule(metadata).compile()
  const application = module.createNestApplication()
  application.useLogger(false)
  applications.push(application)
  return application
}

/** How an application that is set up wrongly fails to start. */
export async function failureOf(metadata: ModuleMetadata): Promise<Error> {
  try {
    await start(metadata)
  } catch (error) {
    return error as Error
  }
  throw new Error('The application started.')
}

/** To be called after each test: closes the applications and drops their databases. */
export async function cleanUp(): Promise<void> {
  for (const application of applications.splice(0)) await application.close()
  await dropDatabases()
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`Waited in vain until ${what}.`)
}
