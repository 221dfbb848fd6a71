import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common'
import type { ExecutionContext, INestApplication } from '@nestjs/common'
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core'
import type { Server } from 'node:http'
import request from 'supertest'
import { DataSource, QueryFailedError } from 'typeorm'
import {
  AggregateNotFoundError,
  ConcurrentWriteError,
  EventStore,
  InvalidArgumentError,
  LockTimeoutError,
  ReadModelNotFoundError,
  StorageError,
} from '../../src/index.js'
import type { RecordedEvent, AggregateRepository } from '../../src/index.js'
import {
  InjectAggregateRepository,
  RequestMetadataInterceptor,
  SourcedExceptionFilter,
  SourcedModule,
} from '../../src/nestjs/index.js'
import { Account } from './account.js'
import { cleanUp, databaseModule, nestDrivers, start } from './nest-database.js'

afterEach(cleanUp)

const SECRET = 'insert into aggregate_events values ($1)'

const failures: Readonly<Record<string, () => unknown>> = {
  conflict: () => new ConcurrentWriteError({ aggregateType: 'account', aggregateId: 'ann' }, 1, 2),
  missing: () => new ReadModelNotFoundError('balances', { id: 'ann' }, undefined),
  unknown: () => new AggregateNotFoundError({ aggregateType: 'account', aggregateId: 'ann' }),
  argument: () => new InvalidArgumentError(`no option '${SECRET}'`),
  transient: () => new StorageError('append', 'The database cannot be reached.', true, 'not-written'),
  refused: () => {
    const cause = new QueryFailedError(SECRET, [], new Error(SECRET))
    return new StorageError('append', `The database refused: ${cause.message}`, false, 'not-written', {
      cause,
    })
  },
  locked: () => new LockTimeoutError('account/ann', 10),
  other: () => new Error('not of the store'),
}

@Controller('accounts')
class Accounts {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>,
  ) {}

  @Post(':id/deposits')
  async deposit(@Param('id') id: string, @Body() body: { amount: number }): Promise<{ balance: number }> {
    await new Promise((resolve) => setTimeout(resolve, 1)) // the scope of the request outlives awaits
    const account = (await this.accounts.load(id)) ?? this.accounts.create(id)
    account.deposit(body)
    await this.accounts.commit(account)
    return { balance: account.balance }
  }

  @Post(':id/raw')
  async raw(@Param('id') id: string, @Body() body: object): Promise<void> {
    const events = [{ name: 'noted', payload: { ...body, when: new Date() } }]
    await this.store.append({ aggregateType: 'note', aggregateId: id, expectedVersion: 'any', events })
  }

  @Get('failures/:name')
  fail(@Param('name') name: string): never {
    throw failures[name]!()
  }
}

interface AsUser {
  readonly headers: Readonly<Record<string, string | undefined>>
}

const userOf = (context: ExecutionContext): { user: string } => ({
  user: context.switchToHttp().getRequest<AsUser>().headers['x-user'] ?? 'nobody',
})

async function startServer(
  driver: (typeof nestDrivers)[number],
  filter: object = { useClass: SourcedExceptionFilter },
): Promise<{ server: Server; app: INestApplication }> {
  const app = await start({
    imports: [await databaseModule(driver), SourcedModule.forRoot(), SourcedModule.forFeature([Account])],
    controllers: [Accounts],
    providers: [
      { provide: APP_FILTER, ...filter } as never,
      { provide: APP_INTERCEPTOR, useValue: new RequestMetadataInterceptor(userOf) },
    ],
  })
  return { app, server: app.getHttpServer() as Server }
}

async function eventsOf(app: INestApplication): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of app.get(EventStore).readAll()) events.push(event)
  return events
}

describe.each(nestDrivers)('requests on %s', (driver) => {
  it('18.9 give their correlation id, and what the host says, to the events that they cause', async () => {
    const { app, server } = await startServer(driver)
    const deposit = (id: string): request.Test =>
      request(server).post(`/accounts/${id}/deposits`).send({ amount: 1 })
    await deposit('ann').set('x-correlation-id', 'order-7').set('x-user', 'ann').expect(201, { balance: 1 })
    await deposit('bob').set('x-request-id', 'r-1').expect(201)
    await deposit('cid').set('x-correlation-id', 'no\u00e9'.repeat(99)).expect(201)
    const [first, second, third] = await eventsOf(app)
    expect(first!.metadata).toEqual({ correlationId: 'order-7', user: 'ann' })
    expect(second!.metadata).toEqual({ correlationId: 'r-1', user: 'nobody' })
    expect(third!.metadata['correlationId']).toMatch(/^[\da-f-]{36}$/)
  })

  it('18.9 at the same time keep their metadata apart', async () => {
    const { app, server } = await startServer(driver)
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        request(server)
          .post(`/accounts/a-${n}/deposits`)
          .set('x-correlation-id', `a-${n}`)
          .send({ amount: n })
          .expect(201),
      ),
    )
    const events = await eventsOf(app)
    expect(events).toHaveLength(20)
    for (const { aggregateId, metadata } of events) expect(metadata['correlationId']).toBe(aggregateId)
  })
})

describe('errors of the store are answered', () => {
  const get = async (name: string, filter?: object): Promise<request.Response> => {
    const { server } = await startServer('better-sqlite3', filter)
    return request(server).get(`/accounts/failures/${name}`)
  }

  it.each([
    ['conflict', 409, 'CONCURRENT_WRITE', undefined],
    ['missing', 404, 'READ_MODEL_NOT_FOUND', undefined],
    ['unknown', 404, 'AGGREGATE_NOT_FOUND', undefined],
    ['argument', 500, 'INVALID_ARGUMENT', undefined],
    ['refused', 500, 'STORAGE', undefined],
    ['transient', 503, 'STORAGE', '1'],
    ['locked', 503, 'LOCK_TIMEOUT', '1'],
  ])('18.10 %s with %i, and no SQL', async (name, status, code, retryAfter) => {
    const response = await get(name)
    expect(response.status).toBe(status)
    expect(response.body).toEqual({
      statusCode: status,
      error: expect.any(String),
      code,
      message: expect.any(String),
    })
    expect(response.headers['retry-after']).toBe(retryAfter)
    expect(response.text.toLowerCase()).not.toContain('insert')
    expect(response.text).not.toContain('balances')
  })

  it('18.10 bad input with 400 and where it is', async () => {
    const { server } = await startServer('better-sqlite3')
    const unstorable = await request(server).post('/accounts/ann/raw').send({ amount: 1 }).expect(400)
    expect(unstorable.body).toMatchObject({ code: 'INVALID_PAYLOAD', error: 'Bad Request' })
    expect((unstorable.body as { message: string }).message).toContain('payload.when')
    const unnameable = await request(server).post('/accounts/%00/deposits').send({ amount: 1 }).expect(400)
    expect(unnameable.body).toMatchObject({ code: 'INVALID_STREAM_IDENTITY' })
  })

  it('18.10 with the statuses that a host prefers', async () => {
    const response = await get('argument', {
      useValue: new SourcedExceptionFilter({ INVALID_ARGUMENT: 400 }),
    })
    expect(response.status).toBe(400)
    expect(response.text).not.toContain('insert')
  })

  it('18.10 and those of others are left alone', async () => {
    const response = await get('other')
    expect(response.body).toEqual({ statusCode: 500, message: 'Internal server error' })
  })

  it('18.10 a database that is gone with 500 or 503, and no SQL', async () => {
    const { app, server } = await startServer('better-sqlite3')
    await app.get(DataSource).query('drop table aggregate_snapshots')
    await app.get(DataSource).query('drop table aggregate_events')
    const response = await request(server).post('/accounts/ann/deposits').send({ amount: 1 })
    expect(response.status).toBe(500)
    expect(response.text).not.toMatch(/aggregate_events|select|insert/i)
  })
})
