import { Body, Controller, Inject, Param, Post } from '@nestjs/common'
import type { INestApplication } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { request as httpRequest } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { TypeOrmModule } from '@nestjs/typeorm'
import { DataSource } from 'typeorm'
import { EventStore } from '../../src/index.js'
import type { RetryPolicy, AggregateRepository } from '../../src/index.js'
import { InjectAggregateRepository, SourcedExceptionFilter, SourcedModule } from '../../src/nestjs/index.js'
import { Account } from './account.js'
import { cleanUp, databaseOptions, nestDrivers, start } from './nest-database.js'

afterEach(cleanUp)

/** How a test's controller retries. */
class Retrying {
  policy: RetryPolicy | undefined
}

@Controller('accounts/:id/deposits')
class Deposits {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>,
    @Inject(Retrying) private readonly retrying: Retrying,
  ) {}

  @Post()
  async deposit(@Param('id') id: string, @Body() body: { amount: number }): Promise<{ version: number }> {
    const { policy } = this.retrying
    const work = async (): Promise<{ version: number }> => {
      const account = (await this.accounts.load(id))!
      account.deposit(body)
      await this.accounts.commit(account)
      return { version: account.version }
    }
    return policy === undefined ? work() : this.store.retryOnConflict(work, policy)
  }
}

interface Answer {
  readonly amount: number
  readonly status: number
  readonly version: number | undefined
}

interface Bank {
  readonly app: INestApplication
  readonly server: Server
  readonly options: object
}

async function startBank(driver: (typeof nestDrivers)[number], retry?: RetryPolicy): Promise<Bank> {
  const options = await databaseOptions(driver)
  const app = await start({
    imports: [TypeOrmModule.forRoot(options), SourcedModule.forRoot(), SourcedModule.forFeature([Account])],
    controllers: [Deposits],
    providers: [{ provide: APP_FILTER, useClass: SourcedExceptionFilter }, Retrying],
  })
  app.get(Retrying).policy = retry
  await app.get(EventStore).unitOfWork((work) => work.create(Account, 'ann').deposit({ amount: 0 }))
  await app.listen(0)
  return { app, server: app.getHttpServer() as Server, options }
}

/** Status 0: the server closed the connection without an answer. */
function deposit(server: Server, amount: number): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  // A connection each, closed after the answer: an idle one would keep the server from closing for seconds.
  const headers = { 'content-type': 'application/json', connection: 'close' }
  return new Promise((resolve) => {
    const lost = (): void => resolve({ amount, status: 0, version: undefined })
    const sent = httpRequest(
      { port, method: 'POST', path: '/accounts/ann/deposits', headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', lost)
        response.on('end', () => {
          const { version } = JSON.parse(Buffer.concat(chunks).toString()) as { version?: number }
          resolve({ amount, status: response.statusCode!, version })
        })
      },
    )
    sent.on('error', lost)
    sent.end(JSON.stringify({ amount }))
  })
}

/** Powers of two: the sum says which deposits were applied, and how often. */
const amounts = Array.from({ length: 50 }, (_, n) => 2 ** n)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Connections that somebody still holds. */
async function heldConnections(dataSource: DataSource): Promise<number> {
  // A connection goes back at the latest when the event loop turns.
  await loopTurn()
  const { master } = dataSource.driver as { master?: { totalCount: number; idleCount: number } }
  return master === undefined ? 0 : master.totalCount - master.idleCount
}

describe.each(nestDrivers)('50 requests at once against one account on %s', (driver) => {
  it('18.11 each is applied exactly once or answered with 409, and no connection is leaked', async () => {
    const { app, server } = await startBank(driver)
    const answers = await Promise.all(amounts.map((amount) => deposit(server, amount)))
    const accepted = answers.filter(({ status }) => status === 201)
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([])
    expect(accepted.length).toBeGreaterThan(0)
    const account = await app.get(EventStore).repository(Account).load('ann')
    expect(account?.balance).toBe(sum(accepted.map(({ amount }) => amount)))
    expect(account?.version).toBe(accepted.length + 1)
    expect(new Set(accepted.map(({ version }) => version)).size).toBe(accepted.length)
    expect(await heldConnections(app.get(DataSource))).toBe(0)
  })

  it('18.11 with retries every one is applied, once', async () => {
    const { app, server } = await startBank(driver, { attempts: 200, maxDelayMs: 20 })
    const answers = await Promise.all(amounts.map((amount) => deposit(server, amount)))
    expect(answers.filter(({ status }) => status !== 201)).toEqual([])
    const account = await app.get(EventStore).repository(Account).load('ann')
    expect(account?.balance).toBe(sum(amounts))
    expect(account?.version).toBe(51)
    expect(await heldConnections(app.get(DataSource))).toBe(0)
  })

  it('18.11 a shutdown in the middle loses nothing that was acknowledged', async () => {
    const { app, server, options } = await startBank(driver, { attempts: 200, maxDelayMs: 20 })
    let seen = (): void => {}
    const first = new Promise<void>((resolve) => (seen = resolve))
    const answers = Promise.all(
      amounts.map(async (amount) => {
        const answer = await deposit(server, amount)
        seen()
        return answer
      }),
    )
    await first
    await app.close()
    const accepted = (await answers).filter(({ status }) => status === 201)
    expect(accepted.length).toBeGreaterThan(0)

    const dataSource = await new DataSource({ ...options, migrationsRun: false } as never).initialize()
    const account = await new EventStore(dataSource).repository(Account).load('ann')
    await dataSource.destroy()
    const applied = amounts.filter((amount) => Math.floor(account!.balance / amount) % 2 === 1)
    expect(account!.version).toBe(applied.length + 1)
    expect(applied).toEqual(expect.arrayContaining(accepted.map(({ amount }) => amount)))
  })
})
