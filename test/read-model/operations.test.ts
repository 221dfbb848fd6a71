import type { DataSource } from 'typeorm'
import {
  EventStore,
  ReadModelConflictError,
  ReadModelNotFoundError,
  ReadModelPlanError,
} from '../../src/index.js'
import type { UnitOfWork } from '../../src/index.js'
import { databases } from '../support/databases.js'
import { Balance, ledgerEntities, PlainBalance } from './ledger-entities.js'

/** What a row is like; `undefined`: there is none. */
interface RowState {
  readonly owner: string
  readonly amount: number
  readonly note: string | null
  readonly state: string
  readonly version?: number
}

type ErrorClass = new (...parameters: never[]) => Error

/** One cell of the table of operations: what happens to a row that exists, and to one that is missing. */
interface Cell {
  readonly operation: string
  readonly stage: (work: UnitOfWork, entity: typeof Balance, id: string) => void
  readonly existing: RowState | ErrorClass | undefined
  readonly missing: RowState | ErrorClass | undefined
}

const BEFORE: RowState = { owner: 'ann', amount: 5, note: 'first', state: 'closed', version: 3 }
const NEW = { owner: 'bob', amount: 7 }
const FRESH: RowState = { ...NEW, note: null, state: 'open', version: 1 }
const REPLACED: RowState = { ...NEW, note: null, state: 'open', version: 4 }

const CELLS: readonly Cell[] = [
  {
    operation: 'insert',
    stage: (work, entity, id) => work.insert(entity, { id, ...NEW }),
    existing: ReadModelConflictError,
    missing: FRESH,
  },
  {
    operation: 'upsert',
    stage: (work, entity, id) => work.upsert(entity, { id, ...NEW }),
    existing: REPLACED,
    missing: FRESH,
  },
  {
    operation: 'patch',
    stage: (work, entity, id) => work.patch(entity, { id }, { amount: 9 }),
    existing: { ...BEFORE, amount: 9, version: 4 },
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'patch to null',
    stage: (work, entity, id) => work.patch(entity, { id }, { note: null }),
    existing: { ...BEFORE, note: null, version: 4 },
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'upsertPatch that makes a complete row',
    stage: (work, entity, id) => work.upsertPatch(entity, { id }, NEW),
    existing: { ...BEFORE, ...NEW, version: 4 },
    missing: FRESH,
  },
  {
    operation: 'upsertPatch that makes no complete row',
    stage: (work, entity, id) => work.upsertPatch(entity, { id }, { amount: 9 }),
    existing: { ...BEFORE, amount: 9, version: 4 },
    missing: ReadModelPlanError,
  },
  {
    operation: 'delete',
    stage: (work, entity, id) => work.delete(entity, { id }),
    existing: undefined,
    missing: undefined,
  },
  // Several operations on one row.
  {
    operation: 'delete, then upsert',
    stage: (work, entity, id) => {
      work.delete(entity, { id })
      work.upsert(entity, { id, ...NEW })
    },
    existing: REPLACED,
    missing: FRESH,
  },
  {
    operation: 'delete, then insert',
    stage: (work, entity, id) => {
      work.delete(entity, { id })
      work.insert(entity, { id, ...NEW })
    },
    existing: REPLACED,
    missing: FRESH,
  },
  {
    operation: 'delete, then patch',
    stage: (work, entity, id) => {
      work.delete(entity, { id })
      work.patch(entity, { id }, { amount: 1 })
    },
    existing: ReadModelNotFoundError,
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'upsert, then patch',
    stage: (work, entity, id) => {
      work.upsert(entity, { id, ...NEW })
      work.patch(entity, { id }, { note: 'late' })
    },
    existing: { ...REPLACED, note: 'late' },
    missing: { ...FRESH, note: 'late' },
  },
  {
    operation: 'patch, then upsert',
    stage: (work, entity, id) => {
      work.patch(entity, { id }, { note: 'lost' })
      work.upsert(entity, { id, ...NEW })
    },
    existing: REPLACED,
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'patch, then patch',
    stage: (work, entity, id) => {
      work.patch(entity, { id }, { note: 'late', amount: 1 })
      work.patch(entity, { id }, { amount: 2 })
    },
    existing: { ...BEFORE, note: 'late', amount: 2, version: 4 },
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'patch, then delete',
    stage: (work, entity, id) => {
      work.patch(entity, { id }, { amount: 2 })
      work.delete(entity, { id })
    },
    existing: undefined,
    missing: ReadModelNotFoundError,
  },
  {
    operation: 'insert, then upsertPatch',
    stage: (work, entity, id) => {
      work.insert(entity, { id, ...NEW })
      work.upsertPatch(entity, { id }, { note: 'late' })
    },
    existing: ReadModelConflictError,
    missing: { ...FRESH, note: 'late' },
  },
  {
    operation: 'insert, then delete',
    stage: (work, entity, id) => {
      work.insert(entity, { id, ...NEW })
      work.delete(entity, { id })
    },
    existing: ReadModelConflictError,
    missing: undefined,
  },
  {
    operation: 'upsert, then insert',
    stage: (work, entity, id) => {
      work.upsert(entity, { id, ...NEW })
      work.insert(entity, { id, ...NEW })
    },
    existing: ReadModelConflictError,
    missing: ReadModelConflictError,
  },
  {
    operation: 'upsertPatch, then delete',
    stage: (work, entity, id) => {
      work.upsertPatch(entity, { id }, { amount: 2 })
      work.delete(entity, { id })
    },
    existing: undefined,
    missing: undefined,
  },
]

type Expecting = (work: UnitOfWork, id: string, expectedVersion: number) => void

const EXPECTING: readonly [operation: string, stage: Expecting, after: RowState | undefined][] = [
  [
    'upsert',
    (work, id, expectedVersion) => work.upsert(Balance, { id, ...NEW }, { expectedVersion }),
    REPLACED,
  ],
  [
    'patch',
    (work, id, expectedVersion) => work.patch(Balance, { id }, { amount: 9 }, { expectedVersion }),
    { ...BEFORE, amount: 9, version: 4 },
  ],
  [
    'upsertPatch',
    (work, id, expectedVersion) => work.upsertPatch(Balance, { id }, NEW, { expectedVersion }),
    { ...BEFORE, ...NEW, version: 4 },
  ],
  ['delete', (work, id, expectedVersion) => work.delete(Balance, { id }, { expectedVersion }), undefined],
]

describe.each(databases())('operations on rows on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore
  let next = 0

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  const rowOf = async (entity: typeof Balance, id: string): Promise<RowState | undefined> => {
    const row = await dataSource.getRepository(entity).findOneBy({ id })
    if (row === null) return undefined
    return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'id')) as unknown as RowState
  }
  const existingRow = async (entity: typeof Balance): Promise<string> => {
    const id = `row-${next++}`
    await store.unitOfWork((work) => work.insert(entity, { id, ...BEFORE, version: undefined } as object))
    for (let version = 1; version < 3; version++) {
      await store.unitOfWork((work) => work.patch(entity, { id }, { owner: BEFORE.owner }))
    }
    return id
  }
  const withoutVersion = (full: RowState): RowState => {
    const { owner, amount, note, state } = full
    return { owner, amount, note, state }
  }
  const outcome = async (entity: typeof Balance, id: string, cell: Cell): Promise<unknown> => {
    try {
      await store.unitOfWork((work) => cell.stage(work, entity, id))
      return await rowOf(entity, id)
    } catch (error) {
      return error
    }
  }
  const asExpected = (
    actual: unknown,
    expected: RowState | ErrorClass | undefined,
    isVersioned: boolean,
  ): void => {
    if (typeof expected === 'function') expect(actual).toBeInstanceOf(expected)
    else if (expected === undefined) expect(actual).toBeUndefined()
    else expect(actual).toEqual(isVersioned ? expected : withoutVersion(expected))
  }

  describe.each([
    ['with a version', Balance],
    ['without a version', PlainBalance as unknown as typeof Balance],
  ])('%s', (name, entity) => {
    const isVersioned = name === 'with a version'

    it.each(CELLS)('12.1 $operation: a row that exists', async (cell) => {
      const id = await existingRow(entity)
      const before = await rowOf(entity, id)
      const actual = await outcome(entity, id, cell)
      asExpected(actual, cell.existing, isVersioned)
      if (typeof cell.existing === 'function') expect(await rowOf(entity, id)).toEqual(before)
    })

    it.each(CELLS)('12.1 $operation: a row that is missing', async (cell) => {
      const id = `row-${next++}`
      const actual = await outcome(entity, id, cell)
      asExpected(actual, cell.missing, isVersioned)
      if (typeof cell.missing === 'function') expect(await rowOf(entity, id)).toBeUndefined()
    })
  })

  describe.each(EXPECTING)('12.2 %s with an expected version', (_, stage, after) => {
    it('goes through when the row is at this version', async () => {
      const id = await existingRow(Balance)
      await store.unitOfWork((work) => stage(work, id, 3))
      expect(await rowOf(Balance, id)).toEqual(after)
    })

    it('is a conflict when the row is at another version', async () => {
      const id = await existingRow(Balance)
      const attempt = store.unitOfWork((work) => stage(work, id, 2))
      await expect(attempt).rejects.toMatchObject({
        code: 'READ_MODEL_CONFLICT',
        table: 'balances',
        key: { id },
        expectedVersion: 2,
        actualVersion: 3,
        retryable: true,
      })
      expect(await rowOf(Balance, id)).toEqual(BEFORE)
    })

    it('is not found when the row is missing', async () => {
      const attempt = store.unitOfWork((work) => stage(work, 'nowhere', 1))
      await expect(attempt).rejects.toMatchObject({
        code: 'READ_MODEL_NOT_FOUND',
        table: 'balances',
        key: { id: 'nowhere' },
        expectedVersion: 1,
      })
    })
  })

  it('12.2 the other rows of the plan are not written either, nor its events', async () => {
    const id = await existingRow(Balance)
    const attempt = store.unitOfWork((work) => {
      work.append({ aggregateType: 'plan', aggregateId: id, expectedVersion: 0, events: [{ name: 'noted' }] })
      work.insert(PlainBalance, { id, ...NEW })
      work.patch(Balance, { id }, { amount: 1 }, { expectedVersion: 9 })
    })
    await expect(attempt).rejects.toThrow(ReadModelConflictError)
    expect(await rowOf(PlainBalance as unknown as typeof Balance, id)).toBeUndefined()
    for await (const event of store.readStream({ aggregateType: 'plan', aggregateId: id })) {
      throw new Error(`event ${event.sequence} was stored`)
    }
  })
})
