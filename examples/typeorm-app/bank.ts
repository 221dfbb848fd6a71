// A bank with nothing but TypeORM: accounts are event-sourced, what people look at are ordinary TypeORM entities.
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { Column, DataSource, Entity, Index, PrimaryColumn, Table } from 'typeorm'
import type { MigrationInterface, QueryRunner, Repository } from 'typeorm'
// In your application: 'typeorm-sourced', 'typeorm-sourced/entities' and 'typeorm-sourced/migrations'.
import { postgresEntities } from '../../entities/index.js'
import { sourcedMigrations } from '../../migrations/index.js'
import { Aggregate, AggregateRoot, EventStore, openSqlite, Records } from '../../src/index.js'
import type { HandleOutcome, UnitOfWork } from '../../src/index.js'

/** Something that the bank does not do. */
export class Refused extends Error {}

@Aggregate('account')
export class Account extends AggregateRoot {
  owner = ''
  balance = 0

  @Records('account-opened')
  open(event: { owner: string }): void {
    this.owner = event.owner
  }

  @Records('money-deposited')
  deposit(event: { amount: number }): void {
    this.balance += event.amount
  }

  @Records('money-withdrawn')
  withdraw(event: { amount: number }): void {
    if (event.amount > this.balance)
      throw new Refused(`${this.aggregateId} has ${this.balance} and cannot give ${event.amount}.`)
    this.balance -= event.amount
  }
}

/** Read model: what an account has. */
@Entity('account_balances')
export class Balance {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'varchar' })
  owner!: string

  @Column({ type: 'integer' })
  amount!: number
}

/** Read model: which money went where. */
@Entity('transfers')
@Index('ix_transfers_giver', ['giver'])
export class Transfer {
  @PrimaryColumn({ type: 'varchar' })
  id!: string

  @Column({ type: 'varchar' })
  giver!: string

  @Column({ type: 'varchar' })
  taker!: string

  @Column({ type: 'integer' })
  amount!: number
}

/** The tables of the two entities. `typeorm migration:generate` writes such migrations for you, for one kind of database. */
export class CreateBank1764200000000 implements MigrationInterface {
  name = 'CreateBank1764200000000'

  async up(queryRunner: QueryRunner): Promise<void> {
    const text = { type: 'varchar' }
    const id = { name: 'id', ...text, isPrimary: true }
    const amount = { name: 'amount', type: 'integer' }
    const columns = (...names: string[]) => names.map((name) => ({ name, ...text }))
    await queryRunner.createTable(
      new Table({ name: 'account_balances', columns: [id, ...columns('owner'), amount] }),
    )
    await queryRunner.createTable(
      new Table({
        name: 'transfers',
        columns: [id, ...columns('giver', 'taker'), amount],
        indices: [{ name: 'ix_transfers_giver', columnNames: ['giver'] }],
      }),
    )
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('transfers')
    await queryRunner.dropTable('account_balances')
  }
}

function isPostgres(where: string): boolean {
  return /^postgres(ql)?:/.test(where)
}

/** A Postgres database by its URL, or a SQLite file, with all tables. */
export async function openDatabase(where: string): Promise<DataSource> {
  const entities = [Balance, Transfer]
  const migrations = [CreateBank1764200000000]
  if (!isPostgres(where)) return openSqlite(where, { entities, migrations })
  const dataSource = new DataSource({
    type: 'postgres',
    url: where,
    entities: [...postgresEntities, ...entities],
    migrations: [...sourcedMigrations, ...migrations],
  })
  await dataSource.initialize()
  await dataSource.runMigrations()
  return dataSource
}

/** Every request has an id of its own: sent twice, also at the same time, it is done once. */
export class Bank {
  readonly balances: Repository<Balance>
  readonly transfers: Repository<Transfer>
  private readonly store: EventStore

  constructor(dataSource: DataSource) {
    this.store = new EventStore(dataSource)
    this.balances = dataSource.getRepository(Balance)
    this.transfers = dataSource.getRepository(Transfer)
  }

  open(request: string, id: string, owner: string): Promise<HandleOutcome> {
    return this.once(request, async (work) => {
      if ((await work.load(Account, id)) !== undefined) throw new Refused(`There is an account ${id}.`)
      const account = work.create(Account, id)
      account.open({ owner })
      show(work, account)
    })
  }

  deposit(request: string, id: string, amount: number): Promise<HandleOutcome> {
    return this.once(request, async (work) => {
      const account = await find(work, id)
      account.deposit({ amount: positive(amount) })
      show(work, account)
    })
  }

  /** Both accounts, both balances, the transfer and the mark of the request become visible together, or nothing does. */
  transfer(request: string, from: string, to: string, amount: number): Promise<HandleOutcome> {
    return this.once(request, async (work) => {
      if (from === to) throw new Refused('Give it to somebody else.')
      const [giver, taker] = [await find(work, from), await find(work, to)]
      giver.withdraw({ amount: positive(amount) })
      taker.deposit({ amount })
      show(work, giver)
      show(work, taker)
      work.insert(Transfer, { id: request, giver: from, taker: to, amount })
    })
  }

  /** Tries again when another request changed an account first; what is refused is not marked and may come again. */
  private once(request: string, work: (unit: UnitOfWork) => Promise<void>): Promise<HandleOutcome> {
    return this.store.handleOnce({ consumer: 'bank', messageId: request }, work, { retry: { attempts: 50 } })
  }
}

async function find(work: UnitOfWork, id: string): Promise<Account> {
  const account = await work.load(Account, id)
  if (account === undefined) throw new Refused(`There is no account ${id}.`)
  return account
}

function positive(amount: number): number {
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Refused('Amounts are whole and above 0.')
  return amount
}

function show(work: UnitOfWork, { aggregateId, owner, balance }: Account): void {
  work.upsert(Balance, { id: aggregateId, owner, amount: balance })
}

function placeOf(given: string | undefined): string {
  if (given === undefined) return join(__dirname, 'data/bank.sqlite')
  return isPostgres(given) ? given : resolve(process.env['INIT_CWD'] ?? '.', given)
}

async function main(where: string): Promise<void> {
  const dataSource = await openDatabase(where)
  try {
    const bank = new Bank(dataSource)
    await bank.open('open-ann', 'ann', 'Ann')
    await bank.open('open-bob', 'bob', 'Bob')
    await bank.deposit(randomUUID(), 'ann', 100)

    const request = randomUUID()
    const sentTwice = [bank.transfer(request, 'ann', 'bob', 30), bank.transfer(request, 'ann', 'bob', 30)]
    console.log(`A transfer, sent twice: ${(await Promise.all(sentTwice)).sort().join(', ')}`)
    await bank.transfer(randomUUID(), 'bob', 'ann', 1_000_000).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error
      console.log(`Refused: ${error.message}`)
    })

    console.log(`\nPlain TypeORM, ${where}:`)
    console.table(await bank.balances.find({ order: { id: 'ASC' } }))
    const [sum] = await bank.transfers
      .createQueryBuilder('transfer')
      .select('count(*)', 'transfers')
      .addSelect('sum(transfer.amount)', 'moved')
      .where({ giver: 'ann' })
      .getRawMany<{ transfers: number; moved: number }>()
    console.log(`Ann has made ${sum?.transfers ?? 0} transfers of ${sum?.moved ?? 0} in total.`)
  } finally {
    await dataSource.destroy()
  }
}

if (require.main === module) {
  const [file] = process.argv.slice(2)
  main(placeOf(file)).catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
}
