import { setTimeout as sleep } from 'node:timers/promises'
import { BeforeInsert, Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm'
import type { EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm'
import { EventStore, InvalidArgumentError, openSqlite, StorageError } from '../../src/index.js'
import { sqliteEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { isTypeorm1 } from '../support/databases.js'
import { seededRandom } from '../support/random.js'

@Entity('notes')
class Note {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number

  @Column({ name: 'text', type: 'varchar' })
  text!: string
}

let ofDiary: DataSource

@Entity('notes')
class DiaryEntry extends Note {
  @BeforeInsert()
  async announce(): Promise<void> {
    await ofDiary.query(`insert into notes (text) values ('before insert')`)
  }
}

class Rollback extends Error {}

const drivers = isTypeorm1 ? (['better-sqlite3'] as const) : (['better-sqlite3', 'sqlite'] as const)

for (const driver of drivers) {
  describe(driver, () => {
    let dataSource: DataSource
    let store: EventStore

    beforeEach(async () => {
      dataSource = await openSqlite(':memory:', { entities: [Note], driver })
      await dataSource.query(
        'create table notes (id integer primary key autoincrement not null, text varchar not null)',
      )
      store = new EventStore(dataSource)
    })
    afterEach(() => dataSource.destroy())

    const append = (id: string, target = store): Promise<unknown> =>
      target.append({
        aggregateType: 'overlap',
        aggregateId: id,
        expectedVersion: 'any',
        events: [{ name: 'x' }],
      })
    const save = (text: string, manager: EntityManager = dataSource.manager): Promise<Note> =>
      manager.save(Object.assign(new Note(), { text }))
    const stored = async (): Promise<string[]> => {
      const notes = await dataSource.manager.find(Note)
      const ids: string[] = []
      for await (const { aggregateId } of store.readAll()) ids.push(aggregateId)
      return [...notes.map(({ text }) => text), ...ids].sort()
    }
    const rolledBack = (work: (manager: EntityManager) => Promise<void>): Promise<void> =>
      expect(
        dataSource.transaction(async (manager) => {
          await work(manager)
          throw new Rollback()
        }),
      ).rejects.toThrow(Rollback)

    it('4.3 of two overlapping host transactions, one rolled back, nothing acknowledged is lost', async () => {
      await Promise.all([
        rolledBack(async (manager) => {
          await save('gone', manager)
          await append('gone', store.within(manager))
          await sleep(20)
        }),
        dataSource.transaction(async (manager) => {
          await sleep(5)
          await save('kept in a transaction', manager)
          await append('kept in a transaction too', store.within(manager))
        }),
        sleep(10).then(() => save('kept by save')),
        sleep(10).then(() => append('kept by append')),
        sleep(10).then(() => dataSource.query(`insert into notes (text) values ('kept by query')`)),
        sleep(10).then(() => dataSource.getRepository(Note).insert({ text: 'kept by insert' })),
      ])
      expect(await stored()).toEqual([
        'kept by append',
        'kept by insert',
        'kept by query',
        'kept by save',
        'kept in a transaction',
        'kept in a transaction too',
      ])
    })

    it('4.3 many transactions started in the same tick do not mix', async () => {
      const kept: string[] = []
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const random = seededRandom(index)
          const text = `n${index}`
          try {
            await dataSource.transaction(async (manager) => {
              await save(text, manager)
              if (random() < 0.5) await sleep(random() * 3)
              await append(text, store.within(manager))
              if (random() < 0.4) throw new Rollback()
            })
            kept.push(text, text)
          } catch (error) {
            expect(error).toBeInstanceOf(Rollback)
          }
        }),
      )
      expect(kept.length).toBeGreaterThan(20)
      expect(await stored()).toEqual(kept.sort())
    })

    it('4.3 code that forgets to pass the manager on takes part in the transaction, and waits for nobody', async () => {
      await rolledBack(async () => {
        await save('forgotten')
        await dataSource.query(`insert into notes (text) values ('forgotten too')`)
        await append('forgotten as well')
      })
      expect(await stored()).toEqual([])
      await dataSource.transaction(async (manager) => {
        await manager.transaction(async () => {
          await save('nested')
        })
        await append('joined')
      })
      expect(await stored()).toEqual(['joined', 'nested'])
    })

    it('10.3 a runner released in the middle of its transaction rolls back, and the next one gets its turn', async () => {
      const runner = dataSource.createQueryRunner()
      await runner.startTransaction()
      await append('gone', store.within(runner))
      const waiting = append('kept')
      await runner.release()
      await waiting
      expect(await stored()).toEqual(['kept'])
    })

    it('4.3 waiting for a transaction that does not end fails with an error that says what to do', async () => {
      const impatient = new DataSource({
        type: driver as 'better-sqlite3',
        database: ':memory:',
        entities: [...sqliteEntities],
        migrations: [...sourcedMigrations],
      })
      const other = new EventStore(impatient, { sqliteLockTimeoutMs: 50 })
      await impatient.initialize()
      await impatient.runMigrations()
      const runner = impatient.createQueryRunner()
      await runner.startTransaction()
      const error: unknown = await append('x', other).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(StorageError)
      expect((error as StorageError).message).toContain('did not end within 50 ms')
      expect((error as StorageError).retryable).toBe(true)
      await runner.rollbackTransaction()
      await append('x', other)
      await impatient.destroy()
    })

    it('4.5 a DataSource that was closed and opened again goes on working', async () => {
      const file = await openSqlite(':memory:', { driver })
      const reopened = new EventStore(file)
      await append('x', reopened)
      await file.destroy()
      await file.initialize()
      await file.runMigrations()
      await append('y', reopened)
      const ids: string[] = []
      for await (const { aggregateId } of reopened.readAll()) ids.push(aggregateId)
      expect(ids).toEqual(['y'])
      await file.destroy()
    })
  })
}

for (const driver of drivers) {
  describe(`the guard among TypeORM's own habits (${driver})`, () => {
    let dataSource: DataSource

    beforeEach(async () => {
      dataSource = await openSqlite(':memory:', { entities: [Note], driver })
      await dataSource.query(
        'create table notes (id integer primary key autoincrement not null, text varchar not null)',
      )
      new EventStore(dataSource, { sqliteLockTimeoutMs: 1_000 })
    })
    afterEach(() => dataSource.destroy())

    const texts = async (): Promise<string[]> =>
      (await dataSource.getRepository(Note).find()).map(({ text }) => text).sort()

    it('4.3 subscribers inside a transaction may use the DataSource', async () => {
      const insert = (text: string) => dataSource.query(`insert into notes (text) values (?)`, [text])
      dataSource.subscribers.push({
        listenTo: () => Note,
        afterInsert: () => insert('after insert'),
        beforeTransactionCommit: () => insert('before commit'),
        afterTransactionCommit: () => insert('after commit').then(() => undefined),
      } as EntitySubscriberInterface)
      await dataSource.getRepository(Note).save(Object.assign(new Note(), { text: 'saved' }))
      expect(await texts()).toEqual(['after commit', 'after insert', 'before commit', 'saved'])
    })

    it('4.3 so may entities that listen to what happens to them', async () => {
      ofDiary = await openSqlite(':memory:', { entities: [DiaryEntry], driver })
      await ofDiary.query(
        'create table notes (id integer primary key autoincrement not null, text varchar not null)',
      )
      new EventStore(ofDiary, { sqliteLockTimeoutMs: 1_000 })
      const diary = ofDiary.getRepository(DiaryEntry)
      await diary.save(Object.assign(new DiaryEntry(), { text: 'saved' }))
      expect((await diary.find()).map(({ text }) => text)).toEqual(['before insert', 'saved'])
      await ofDiary.destroy()
    })

    it('4.3 migrations may use the DataSource', async () => {
      class Seeds1763683300000 {
        readonly name = 'Seeds1763683300000'
        async up(runner: QueryRunner): Promise<void> {
          await runner.query(`insert into notes (text) values ('by runner')`)
          await dataSource.query(`insert into notes (text) values ('by DataSource')`)
          await runner.manager.transaction(async () => {
            await dataSource.query(`insert into notes (text) values ('nested')`)
          })
        }
        async down(): Promise<void> {}
      }
      dataSource.migrations.push(new Seeds1763683300000())
      await dataSource.runMigrations()
      expect(await texts()).toEqual(['by DataSource', 'by runner', 'nested'])
    })

    it('4.3 so may migrations that what a transaction left behind runs', async () => {
      class Late1763683400000 {
        readonly name = 'Late1763683400000'
        async up(): Promise<void> {
          await dataSource.query(`insert into notes (text) values ('late')`)
        }
        async down(): Promise<void> {}
      }
      dataSource.migrations.push(new Late1763683400000())
      let left: Promise<unknown> | undefined
      await dataSource.transaction(async (manager) => {
        await manager.query(`insert into notes (text) values ('before')`)
        left = sleep(20).then(() => dataSource.runMigrations())
      })
      await left
      expect(await texts()).toEqual(['before', 'late'])
    })

    it('4.3 migrations that run inside a transaction take part in it', async () => {
      class Inside1763683500000 {
        readonly name = 'Inside1763683500000'
        async up(runner: QueryRunner): Promise<void> {
          await runner.query(`insert into notes (text) values ('inside')`)
        }
        async down(): Promise<void> {}
      }
      dataSource.migrations.push(new Inside1763683500000())
      const work = dataSource.transaction(async () => {
        await dataSource.runMigrations()
        throw new Rollback()
      })
      await expect(work).rejects.toThrow(Rollback)
      expect(await texts()).toEqual([])
      await dataSource.runMigrations()
      expect(await texts()).toEqual(['inside'])
    })

    it('4.3 nested transactions of borrowers take turns', async () => {
      await dataSource.transaction(async () => {
        const outcomes = await Promise.allSettled(
          ['a', 'b', 'c'].map((text) =>
            dataSource.transaction(async (manager) => {
              await manager.query('insert into notes (text) values (?)', [text])
              await sleep(1)
              if (text === 'a') throw new Rollback()
            }),
          ),
        )
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
      })
      expect(await texts()).toEqual(['b', 'c'])
    })

    it('10.3 a transaction that was left open does not outlive its connection', async () => {
      await dataSource.createQueryRunner().startTransaction()
      await dataSource.destroy()
      await dataSource.initialize()
      await dataSource.query('select 1')
    })

    it('4.3 doing without the guard is refused on a DataSource that has it', () => {
      expect(() => new EventStore(dataSource, { guardSqlite: false })).toThrow(InvalidArgumentError)
    })
  })
}
