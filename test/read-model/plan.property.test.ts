import fc from 'fast-check'
import type { DataSource } from 'typeorm'
import { EventStore, SourcedError } from '../../src/index.js'
import type { UnitOfWork } from '../../src/index.js'
import { databases } from '../support/databases.js'
import { Balance, ledgerEntities } from './ledger-entities.js'

interface Row {
  readonly owner: string
  readonly amount: number
  readonly note: string | null
  readonly state: string
  readonly version: number
}

type Rows = ReadonlyMap<string, Row>

interface Operation {
  readonly kind: 'insert' | 'upsert' | 'patch' | 'upsertPatch' | 'delete'
  readonly id: string
  readonly values: { owner?: string; amount?: number; note?: string | null; state?: string }
}

const COMPLETE = { owner: 'x', amount: 0 }

/** What the plan does to rows in memory, operation by operation; throws the code of the error that it must end with. */
function applied(rows: Rows, plan: readonly Operation[]): Rows {
  const after = new Map(rows)
  const deleted = new Set<string>()
  // A row that patches alone are to make must be complete in the end.
  const incomplete = new Set<string>()
  const given = new Map<string, Operation['values']>()
  for (const { kind, id, values } of plan) {
    const row = after.get(id)
    const fresh = { note: null, state: 'open', ...COMPLETE, ...values, version: 1 }
    switch (kind) {
      case 'insert':
        if (row !== undefined) throw new Refused('READ_MODEL_CONFLICT')
        after.set(id, fresh)
        break
      case 'upsert':
        after.set(id, fresh)
        incomplete.delete(id)
        break
      case 'patch':
        if (row === undefined) throw new Refused('READ_MODEL_NOT_FOUND')
        after.set(id, { ...row, ...values })
        given.set(id, { ...given.get(id), ...values })
        break
      case 'upsertPatch':
        if (row === undefined && deleted.has(id) && !isComplete(values)) throw new Refused('READ_MODEL_PLAN')
        if (row === undefined) incomplete.add(id)
        after.set(id, { ...(row ?? fresh), ...values })
        given.set(id, { ...given.get(id), ...values })
        break
      case 'delete':
        after.delete(id)
        deleted.add(id)
        incomplete.delete(id)
        given.delete(id)
    }
  }
  for (const id of incomplete) if (!isComplete(given.get(id)!)) throw new Refused('READ_MODEL_PLAN')
  // However many operations touch a row, its version counts up once.
  const touched = new Set(plan.map(({ id }) => id))
  for (const id of touched) {
    const row = after.get(id)
    if (row !== undefined) after.set(id, { ...row, version: (rows.get(id)?.version ?? 0) + 1 })
  }
  return after
}

function isComplete({ owner, amount }: Operation['values']): boolean {
  return owner !== undefined && amount !== undefined
}

class Refused extends Error {
  constructor(readonly code: string) {
    super(code)
  }
}

function stage(work: UnitOfWork, { kind, id, values }: Operation): void {
  const row = { id, ...COMPLETE, ...values }
  if (kind === 'insert') work.insert(Balance, row)
  else if (kind === 'upsert') work.upsert(Balance, row)
  else if (kind === 'patch') work.patch(Balance, { id }, values)
  else if (kind === 'upsertPatch') work.upsertPatch(Balance, { id }, values)
  else work.delete(Balance, { id })
}

const text = fc
  .oneof(fc.constantFrom('', "it's", '"quoted"', '😀', 'null', '{"a":1}', '1'), fc.string({ maxLength: 8 }))
  .filter(
    // Postgres cannot store NUL in text.
    (value) => !value.includes('\0'),
  )
const values = fc
  .record(
    {
      owner: text,
      amount: fc.integer({ min: 0, max: 2_147_483_647 }),
      note: fc.option(text),
      state: text,
    },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0)
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('insert', 'upsert', 'patch', 'upsertPatch', 'delete'),
  id: fc.constantFrom('a', 'b', 'c', 'A'),
  values,
})
const plans = fc.array(fc.array(operation, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 })

describe.each(databases())('random plans on $name', (database) => {
  let dataSource: DataSource
  let store: EventStore

  beforeAll(async () => {
    dataSource = await database.openWith(ledgerEntities)
    store = new EventStore(dataSource)
  })
  afterAll(() => database.close(dataSource))

  const stored = async (): Promise<Rows> => {
    const rows = await dataSource.getRepository(Balance).find()
    return new Map(
      rows.map(({ id, owner, amount, note, state, version }) => [
        id,
        { owner, amount, note, state, version },
      ]),
    )
  }

  it('12.3 leave the rows that the same operations leave in memory, or fail as they do and leave all as it was', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (sequence) => {
        await dataSource.createQueryBuilder().delete().from(Balance).execute()
        let expected: Rows = new Map()
        for (const plan of sequence) {
          let refusal: string | undefined
          try {
            expected = applied(expected, plan)
          } catch (error) {
            refusal = (error as Refused).code
          }
          const attempt = store.unitOfWork((work) => plan.forEach((each) => stage(work, each)))
          if (refusal === undefined) await attempt
          else {
            // Which of several faults is reported first is not promised.
            await expect(attempt).rejects.toBeInstanceOf(SourcedError)
          }
          expect(await stored()).toEqual(expected)
        }
      }),
      { numRuns: 60 },
    )
  })
})
