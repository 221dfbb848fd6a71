import type { DataSource } from 'typeorm'
import { EventStore, ReadModelConflictError, ReadModelPlanError, StorageError } from '../../src/index.js'
import { databases } from '../support/databases.js'
import { Balance, Egg, Folder, Hen, ledgerEntities, Order, OrderLine, Shelf } from './ledger-entities.js'

const PARENTS = 1_000
const CHILDREN_EACH = 10

describe.each(databases())('related rows on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  const linesOf = async (id: string): Promise<[string, string, number][]> => {
    const lines = await dataSource
      .getRepository(OrderLine)
      .find({ where: { order: { id } }, order: { id: 'ASC' } })
    return lines.map((line) => [line.id, line.article, line.quantity])
  }

  it('12.4 1,000 parents with 10,000 children go in staged children first, and out staged parents first', async () => {
    const parents = Array.from({ length: PARENTS }, (_, index) => `many-${index}`)
    const children = parents.flatMap((parent) =>
      Array.from({ length: CHILDREN_EACH }, (_, index) => ({ id: `${parent}-${index}`, parent })),
    )
    await store.unitOfWork((work) => {
      for (const { id, parent } of children)
        work.insert(OrderLine, { id, order: { id: parent }, article: 'x' })
      for (const id of parents) work.insert(Order, { id, title: 'many' })
    })
    expect(await dataSource.getRepository(Order).countBy({ title: 'many' })).toBe(PARENTS)
    expect(await dataSource.getRepository(OrderLine).countBy({ article: 'x' })).toBe(PARENTS * CHILDREN_EACH)
    await store.unitOfWork((work) => {
      for (const id of parents) work.delete(Order, { id })
      for (const { id } of children) work.delete(OrderLine, { id })
    })
    expect(await dataSource.getRepository(Order).countBy({ title: 'many' })).toBe(0)
    expect(await dataSource.getRepository(OrderLine).countBy({ article: 'x' })).toBe(0)
  })

  it('12.4 rows may refer to rows of their own table, whatever columns they set', async () => {
    await store.unitOfWork((work) => {
      work.insert(Folder, { id: 'leaf', parentId: 'twig', note: 'deep' })
      work.insert(Folder, { id: 'twig', parent: { id: 'root' } })
      work.insert(Folder, { id: 'root' })
    })
    const leaf = await dataSource
      .getRepository(Folder)
      .findOneOrFail({ where: { id: 'leaf' }, relations: { parent: true } })
    expect([leaf.parent!.id, leaf.parent!.parentId]).toEqual(['twig', 'root'])
    await store.unitOfWork((work) => ['root', 'twig', 'leaf'].forEach((id) => work.delete(Folder, { id })))
    expect(await dataSource.getRepository(Folder).count()).toBe(0)
  })

  it('12.4 foreign keys in a circle are refused before anything is written', async () => {
    const attempt = store.unitOfWork((work) => {
      work.insert(Hen, { id: 'h' })
      work.insert(Egg, { id: 'e' })
    })
    await expect(attempt).rejects.toMatchObject({
      code: 'READ_MODEL_PLAN',
      message: expect.stringContaining('circle') as string,
    })
    await store.unitOfWork((work) => work.insert(Hen, { id: 'h' }))
    expect(await dataSource.getRepository(Hen).count()).toBe(1)
  })

  it('12.4 children are written with the row that lists them', async () => {
    await store.unitOfWork((work) =>
      work.insert(Order, {
        id: 'nested',
        title: 'n',
        lines: [
          { id: 'n1', article: 'a' },
          { id: 'n2', article: 'b', quantity: 2 },
        ],
      }),
    )
    expect(await linesOf('nested')).toEqual([
      ['n1', 'a', 1],
      ['n2', 'b', 2],
    ])
    await store.unitOfWork((work) =>
      work.upsert(Order, { id: 'nested', title: 'm', lines: [{ id: 'n1', article: 'c' }] }),
    )
    expect(await linesOf('nested')).toEqual([
      ['n1', 'c', 1],
      ['n2', 'b', 2],
    ])
  })

  it('13.1 sync writes what changed: columns, added and removed children, a cleared reference', async () => {
    await store.unitOfWork((work) => {
      work.insert(Balance, { id: 'payer', owner: 'ann', amount: 1 })
      work.insert(Order, {
        id: 'synced',
        title: 'old',
        payer: { id: 'payer' },
        lines: [
          { id: 's1', article: 'a' },
          { id: 's2', article: 'b' },
          { id: 's3', article: 'c' },
        ],
      })
    })
    await store.unitOfWork(async (work) => {
      const order = (await work.find(Order, { id: 'synced' }, { include: ['lines', 'payer'] }))!
      order.title = 'new'
      order.payer = null
      order.lines = order.lines.filter(({ id }) => id !== 's1')
      order.lines.find(({ id }) => id === 's2')!.quantity = 9
      order.lines.push(Object.assign(new OrderLine(), { id: 's4', article: 'd' }))
      work.sync(order)
      // Syncing again compares with the last sync.
      order.title = 'newer'
      work.sync(order)
      work.sync(order)
    })
    const order = await dataSource
      .getRepository(Order)
      .findOneOrFail({ where: { id: 'synced' }, relations: { payer: true } })
    expect(order).toMatchObject({ title: 'newer', payer: null, version: 2 })
    expect(await linesOf('synced')).toEqual([
      ['s2', 'b', 9],
      ['s3', 'c', 1],
      ['s4', 'd', 1],
    ])
    expect(await dataSource.getRepository(Balance).countBy({ id: 'payer' })).toBe(1)
  })

  it('13.1 sync leaves alone what was not included, and writes nothing if nothing changed', async () => {
    await store.unitOfWork((work) =>
      work.insert(Order, { id: 'alone', title: 'x', lines: [{ id: 'al1', article: 'a' }] }),
    )
    await store.unitOfWork(async (work) => {
      const order = (await work.find(Order, { id: 'alone' }))!
      work.sync(order)
    })
    expect(await dataSource.getRepository(Order).findOneBy({ id: 'alone' })).toMatchObject({ version: 1 })
    expect(await linesOf('alone')).toHaveLength(1)
  })

  it.each([
    ['from the giver first', ['giver', 'taker']],
    ['from the taker first', ['taker', 'giver']],
    ['the taker only', ['taker']],
  ])('13.1 a child that moves to another row is moved, synced %s', async (name, order) => {
    const [giverId, takerId, childId] = ['giver', 'taker', 'child'].map((each) => `${each} ${name}`)
    await store.unitOfWork((work) => {
      work.insert(Order, { id: giverId!, title: 'g', lines: [{ id: childId!, article: 'moving' }] })
      work.insert(Order, { id: takerId!, title: 't' })
    })
    await store.unitOfWork(async (work) => {
      const giver = (await work.find(Order, { id: giverId! }, { include: ['lines'] }))!
      const taker = (await work.find(Order, { id: takerId! }, { include: ['lines'] }))!
      taker.lines.push(...giver.lines.splice(0))
      for (const each of order) work.sync(each === 'giver' ? giver : taker)
    })
    expect(await linesOf(giverId!)).toEqual([])
    expect(await linesOf(takerId!)).toEqual([[childId, 'moving', 1]])
  })

  it('13.2 sync and upsert expect the version that was loaded', async () => {
    await store.unitOfWork((work) => work.insert(Balance, { id: 'raced', owner: 'ann', amount: 1 }))
    for (const change of ['sync', 'upsert'] as const) {
      const attempt = store.unitOfWork(async (work) => {
        const row = (await work.find(Balance, { id: 'raced' }))!
        await store.unitOfWork((other) => other.patch(Balance, { id: 'raced' }, { amount: 50 }))
        row.amount += 1
        if (change === 'sync') work.sync(row)
        else work.upsert(Balance, row)
      })
      await expect(attempt).rejects.toThrow(ReadModelConflictError)
    }
    expect(await dataSource.getRepository(Balance).findOneBy({ id: 'raced' })).toMatchObject({
      amount: 50,
      version: 3,
    })
  })

  it('13.2 a row that was looked for and missing must still be missing', async () => {
    const attempt = store.unitOfWork(async (work) => {
      expect(await work.find(Balance, { id: 'late' })).toBeUndefined()
      await store.unitOfWork((other) => other.insert(Balance, { id: 'late', owner: 'bob', amount: 2 }))
      work.upsert(Balance, { id: 'late', owner: 'ann', amount: 1 })
    })
    await expect(attempt).rejects.toThrow(ReadModelConflictError)
    expect(await dataSource.getRepository(Balance).findOneBy({ id: 'late' })).toMatchObject({ owner: 'bob' })
  })

  it('13.3 a row that was not loaded in this unit of work is refused', async () => {
    const row = await dataSource.getRepository(Balance).findOneByOrFail({ id: 'late' })
    await expect(store.unitOfWork((work) => work.sync(row))).rejects.toThrow(ReadModelPlanError)
  })

  it('12.5 every kind of column reads back as it was written, through TypeORM', async () => {
    const shelf = {
      room: 1,
      label: "it's",
      ownerId: 'b8a1c0de-0000-4000-8000-000000000000',
      tags: { z: [1, null, 'ü "q"'], a: {} },
      isOpen: false,
      price: 1.25,
      wood: 'oak' as const,
      colours: ['red', 'blue'],
      extra: { depth: 3 },
      built: '2020-02-29',
      visited: new Date(1_700_000_000_123),
      weight: 0.1,
      address: { street: 'Main', city: null },
    }
    const read = (): Promise<Shelf | null> =>
      dataSource.getRepository(Shelf).findOneBy({ room: 1, label: "it's" })
    await store.unitOfWork((work) => work.insert(Shelf, shelf))
    expect(await read()).toMatchObject(shelf)
    const changes = { tags: [], isOpen: true, address: { city: 'Ulm' }, visited: null, price: 2.5 }
    await store.unitOfWork((work) => work.patch(Shelf, { room: 1, label: "it's" }, changes))
    expect(await read()).toMatchObject({ ...shelf, ...changes, address: { street: 'Main', city: 'Ulm' } })
    const { createdAt, updatedAt } = (await read())!
    expect([createdAt, updatedAt].every((time) => time instanceof Date)).toBe(true)
    await store.unitOfWork(async (work) => {
      const row = (await work.find(Shelf, { room: 1, label: "it's" }))!
      work.sync(row)
      ;(row.tags as unknown[]).push('in place')
      work.sync(row)
    })
    expect(await read()).toMatchObject({ tags: ['in place'], price: 2.5, createdAt })
  })

  it('12.6 a CHECK that fails in the last row undoes everything, and the error names the table', async () => {
    const attempt = store.unitOfWork((work) => {
      work.append({
        aggregateType: 'check',
        aggregateId: 'c',
        expectedVersion: 0,
        events: [{ name: 'noted' }],
      })
      work.insert(Folder, { id: 'check' })
      for (let row = 0; row < 50; row++) work.insert(Balance, { id: `check-${row}`, owner: 'a', amount: 1 })
      work.insert(Balance, { id: 'check-last', owner: 'a', amount: -1 })
    })
    await expect(attempt).rejects.toThrow(StorageError)
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringContaining('balances') as string,
      retryable: false,
    })
    expect(await dataSource.getRepository(Folder).countBy({ id: 'check' })).toBe(0)
    expect(await dataSource.getRepository(Balance).countBy({ id: 'check-0' })).toBe(0)
    for await (const event of store.readStream({ aggregateType: 'check', aggregateId: 'c' }))
      throw new Error(`event ${event.sequence} was stored`)
  })

  it('12.6 a plan error surfaces at the commit, and nothing is sent', async () => {
    const work = store.beginUnitOfWork()
    work.append({ aggregateType: 'check', aggregateId: 'd', expectedVersion: 0, events: [{ name: 'noted' }] })
    work.insert(Folder, { id: 'never' })
    const wrong = { id: 'x', colour: 'red' }
    work.insert(Balance, wrong)
    await expect(work.commit()).rejects.toMatchObject({
      code: 'READ_MODEL_PLAN',
      entity: 'Balance',
      property: 'colour',
    })
    expect(await dataSource.getRepository(Folder).countBy({ id: 'never' })).toBe(0)
  })

  it.each<
    [
      problem: string,
      stage: (work: ReturnType<EventStore['beginUnitOfWork']>) => void,
      property: string | undefined,
    ]
  >([
    ['children in a patch', (work) => work.patch(Order, { id: 'x' }, { title: 't', lines: [] }), 'lines'],
    ['an empty patch', (work) => work.patch(Balance, { id: 'x' }, {}), undefined],
    ['an unknown column', (work) => work.patch(Balance, { id: 'x' }, { colour: 1 } as object), 'colour'],
    ['a changed key', (work) => work.patch(Balance, { id: 'x' }, { id: 'y' }), 'id'],
    [
      'null in a column that forbids it',
      (work) => work.patch(Balance, { id: 'x' }, { owner: null } as object),
      'owner',
    ],
    ['an incomplete key', (work) => work.delete(Shelf, { room: 1 }), 'label'],
    ['more than the key', (work) => work.delete(Balance, { id: 'x', owner: 'y' }), 'owner'],
    ['an incomplete row', (work) => work.insert(Balance, { id: 'x', owner: 'y' }), 'amount'],
    ['a version of one’s own', (work) => work.patch(Balance, { id: 'x' }, { version: 7 }), 'version'],
    [
      'a version of an entity without one',
      (work) => work.patch(Folder, { id: 'x' }, { note: 'n' }, { expectedVersion: 1 }),
      undefined,
    ],
    [
      'a value that cannot be stored',
      (work) => work.patch(Balance, { id: 'x' }, { amount: Number.NaN }),
      'amount',
    ],
    ['an entity that the DataSource does not know', (work) => work.insert(class Stranger {}, {}), undefined],
  ])('12.6 refuses %s, naming entity and column', async (_, stage, property) => {
    const work = store.beginUnitOfWork()
    stage(work)
    const error: unknown = await work.commit().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ReadModelPlanError)
    expect((error as ReadModelPlanError).property).toBe(property)
  })
})
