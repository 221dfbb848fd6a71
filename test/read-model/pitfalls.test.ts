import type { DataSource } from 'typeorm'
import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  VersionColumn,
} from 'typeorm'
import {
  defineProjection,
  DuplicateMessageError,
  EventStore,
  ReadModelConflictError,
  ReadModelPlanError,
} from '../../src/index.js'
import { databases } from '../support/databases.js'

@Entity('tallies')
class Tally {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ type: 'integer' })
  count!: number

  @Column({ type: 'varchar', update: false, default: 'nobody' })
  origin!: string

  @Column({
    type: 'varchar',
    transformer: {
      to: (value: string | null) => value ?? 'NONE',
      from: (value: string) => (value === 'NONE' ? null : value),
    },
  })
  label!: string | null

  @CreateDateColumn()
  createdAt!: Date

  @VersionColumn({ type: 'integer' })
  version!: number
}

/** Another view of the same table, and columns that are called as the statements call theirs. */
@Entity('tallies', { synchronize: false })
class TallyCount {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ type: 'integer' })
  count!: number
}

@Entity('line')
class Line {
  @PrimaryColumn({ type: 'integer' })
  ordinality!: number

  @Column({ type: 'varchar', nullable: true })
  value!: string | null

  @VersionColumn({ type: 'integer' })
  v!: number
}

@Entity('payments')
class Payment {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'uuid', nullable: true })
  tallyId!: string | null

  @ManyToOne(() => Tally, { nullable: true })
  @JoinColumn({ name: 'tallyId' })
  tally!: Tally | null
}

const A = 'AAAAAAAA-0000-4000-8000-00000000000A'
const B = 'bbbbbbbb-0000-4000-8000-00000000000b'

const tallies = defineProjection({
  name: 'tallies',
  on: {
    up: async ({ aggregateId }, rows) => {
      const row = await rows.find(Tally, { id: aggregateId })
      if (row === undefined) rows.insert(Tally, { id: aggregateId, count: 1, label: null })
      else rows.patch(Tally, { id: aggregateId }, { count: row.count + 1 })
    },
    off: ({ aggregateId }, rows) => {
      rows.delete(Tally, { id: aggregateId })
    },
  },
})

describe.each(databases())('what goes wrong easily on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.openWith([Tally, TallyCount, Line, Payment])
    store = new EventStore(dataSource, { projections: [tallies] })
  })
  afterAll(() => database.close(dataSource))
  beforeEach(async () => {
    for (const entity of [Payment, Tally, Line])
      await dataSource.createQueryBuilder().delete().from(entity).execute()
    await store.unitOfWork((work) => {
      for (const id of [A, B]) work.insert(Tally, { id, count: 1, label: null, origin: 'old' })
    })
  })

  const read = (id: string): Promise<Tally | null> =>
    dataSource.getRepository(Tally).findOneBy({ id: id.toLowerCase() })
  const tallyOf = async (id: string): Promise<Tally> =>
    dataSource.options.type === 'postgres'
      ? (await read(id))!
      : (await dataSource.getRepository(Tally).findOneBy({ id }))!

  it('17.1 a projection that patches what it finds sees each event of one commit after the other', async () => {
    const [id, other] = [B.replace('b', 'c'), B.replace('b', 'd')]
    const up = { name: 'up' }
    await store.append({
      aggregateType: 'tally',
      aggregateId: id,
      expectedVersion: 0,
      events: [up, up, up, up],
    })
    expect((await tallyOf(id)).count).toBe(4)
    await store.append({ aggregateType: 'tally', aggregateId: id, expectedVersion: 4, events: [up, up] })
    expect((await tallyOf(id)).count).toBe(6)
    await store.append({
      aggregateType: 'tally',
      aggregateId: other,
      expectedVersion: 0,
      events: [up, { name: 'off' }, up],
    })
    expect((await tallyOf(other)).count).toBe(1)
  })

  it('12.1 operations through two entities of one table fold together', async () => {
    await store.unitOfWork((work) => {
      work.patch(Tally, { id: B }, { label: 'both' })
      work.patch(TallyCount, { id: B }, { count: 7 })
    })
    expect(await tallyOf(B)).toMatchObject({ label: 'both', count: 7 })
    const attempt = store.unitOfWork((work) => {
      work.patch(TallyCount, { id: B }, { count: 8 })
      work.patch(Tally, { id: B }, { label: 'lost' })
    })
    await expect(attempt).rejects.toThrow(ReadModelPlanError)
  })

  it('12.3 a row that is deleted and inserted again is a new one, with new values in every column', async () => {
    const before = await tallyOf(B)
    await store.unitOfWork((work) => {
      work.delete(Tally, { id: B })
      work.insert(Tally, { id: B, count: 5, label: 'new', origin: 'new', createdAt: new Date(0) })
    })
    expect(await tallyOf(B)).toMatchObject({ count: 5, origin: 'new', createdAt: new Date(0) })
    expect(before.origin).toBe('old')
    await store.unitOfWork((work) => {
      work.delete(Tally, { id: B })
      work.upsert(Tally, { id: B, count: 6, label: 'newer' })
    })
    expect(await tallyOf(B)).toMatchObject({ count: 6, origin: 'nobody' })
  })

  it('12.5 transformers apply to null', async () => {
    const [row] = await dataSource.query<{ label: string }[]>(`select label from tallies`)
    expect(row!.label).toBe('NONE')
    expect((await tallyOf(B)).label).toBeNull()
  })

  it('12.5 tables and columns may be called like types and aliases', async () => {
    await store.unitOfWork((work) => work.insert(Line, { ordinality: 1, value: 'a' }))
    await store.unitOfWork((work) => work.upsert(Line, { ordinality: 1, value: 'b' }, { expectedVersion: 1 }))
    await expect(
      store.unitOfWork((work) => work.patch(Line, { ordinality: 1 }, { value: 'c' }, { expectedVersion: 1 })),
    ).rejects.toThrow(ReadModelConflictError)
    expect(await dataSource.getRepository(Line).findOneBy({ ordinality: 1 })).toEqual({
      ordinality: 1,
      value: 'b',
      v: 2,
    })
  })

  it('13.1 a reference and its foreign key that are both declared follow the one that changed', async () => {
    const payment = async (): Promise<Payment> =>
      (await dataSource.getRepository(Payment).findOneBy({ id: 'p' }))!
    const change = (work: (row: Payment) => void): Promise<unknown> =>
      store.unitOfWork(async (unit) => {
        const row = (await unit.find(Payment, { id: 'p' }, { include: ['tally'] }))!
        work(row)
        unit.sync(row)
      })
    await store.unitOfWork((work) => work.insert(Payment, { id: 'p', tally: { id: B } }))
    await change((row) => (row.tally = null))
    expect((await payment()).tallyId).toBeNull()
    await change((row) => (row.tallyId = B))
    expect((await payment()).tallyId).toBe(B)
    await expect(
      store.unitOfWork((work) => work.patch(Payment, { id: 'p' }, { tallyId: A, tally: { id: B } })),
    ).rejects.toThrow(ReadModelPlanError)
  })

  it('13.2 a key that the database spells in another way still expects the version that was loaded', async () => {
    const attempt = store.unitOfWork(async (work) => {
      const row = (await work.find(Tally, { id: A }))!
      await store.unitOfWork((other) => other.patch(Tally, { id: A }, { count: 50 }))
      work.upsert(Tally, { id: A, count: row.count + 1, label: 'mine' })
    })
    await expect(attempt).rejects.toThrow(ReadModelConflictError)
  })

  it('14.4 handleOnce never takes the mark of another message for that of its own', async () => {
    await store.handleOnce({ consumer: 'c', messageId: `other ${database.name}` }, () => undefined)
    const attempt = store.handleOnce({ consumer: 'c', messageId: `own ${database.name}` }, (work) => {
      work.processed('c', `other ${database.name}`)
    })
    await expect(attempt).rejects.toThrow(DuplicateMessageError)
  })
})
