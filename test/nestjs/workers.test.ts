import { Inject, Injectable } from '@nestjs/common'
import { HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { DataSource } from 'typeorm'
import { EventStore } from '../../src/index.js'
import type { OutboxMessage } from '../../src/index.js'
import { OutboxPublisher, SourcedHealthIndicator, SourcedModule } from '../../src/nestjs/index.js'
import type { PublishesMessages } from '../../src/nestjs/index.js'
import { Account } from './account.js'
import { cleanUp, databaseModule, failureOf, nestDrivers, start, until } from './nest-database.js'

afterEach(cleanUp)

const send = (store: EventStore, id: string): Promise<unknown> =>
  store.unitOfWork((work) => {
    work.create(Account, id).deposit({ amount: 1 })
    work.send({ type: 'opened', payload: { id } })
  })

@Injectable()
class Broker {
  readonly sent: unknown[] = []
  isOpen = true
  /** What holds back a message on its way. */
  gate: Promise<void> = Promise.resolve()
  under = 0

  async send(payload: unknown): Promise<void> {
    this.under++
    await this.gate
    this.under--
    if (!this.isOpen) throw new Error('The broker is closed.')
    this.sent.push(payload)
  }

  onApplicationShutdown(): void {
    this.isOpen = false
  }
}

@OutboxPublisher({ pollMs: 20 })
class BrokerPublisher implements PublishesMessages {
  constructor(@Inject(Broker) private readonly broker: Broker) {}

  publish(message: OutboxMessage): Promise<void> {
    return this.broker.send(message.payload)
  }
}

const providers = [Broker, BrokerPublisher]

describe.each(nestDrivers)('the outbox of an application on %s', (driver) => {
  it('18.5 is published by a provider, from the start on', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()], providers })
    const store = app.get(EventStore)
    await send(store, 'ann')
    const broker = app.get(Broker)
    await until(() => broker.sent.length === 1, 'the message was published')
    expect(broker.sent).toEqual([{ id: 'ann' }])
  })

  it('18.5 is drained before the DataSource and the connections of publishers are closed', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()], providers })
    const [store, broker, dataSource] = [app.get(EventStore), app.get(Broker), app.get(DataSource)]
    const order: string[] = []
    let open = (): void => {}
    broker.gate = new Promise((resolve) => (open = resolve))
    const destroy = dataSource.destroy.bind(dataSource)
    dataSource.destroy = async () => {
      const { published, inFlight, pending } = await store.outbox.counts()
      order.push(`published ${published}, in flight ${inFlight}, pending ${pending}`, 'destroyed')
      return destroy()
    }
    await send(store, 'ann')
    await until(() => broker.under === 1, 'the message is on its way')
    const closed = app.close()
    order.push('closing')
    setTimeout(open, 20)
    await closed
    expect(order).toEqual(['closing', 'published 1, in flight 0, pending 0', 'destroyed'])
    expect(broker.sent).toEqual([{ id: 'ann' }])
    expect(dataSource.isInitialized).toBe(false)
  })
})

describe('the outbox of an application', () => {
  const driver = 'better-sqlite3'

  it('18.5 is published by the function of an option', async () => {
    const sent: unknown[] = []
    const outbox = { publish: async ({ payload }: OutboxMessage) => void sent.push(payload) }
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot({ outbox })] })
    await send(app.get(EventStore), 'ann')
    await until(() => sent.length === 1, 'the message was published')
  })

  it('18.5 has one publisher', async () => {
    const outbox = { publish: async () => {} }
    const imports = [await databaseModule(driver), SourcedModule.forRoot({ outbox })]
    const { message } = await failureOf({ imports, providers })
    expect(message).toContain('The outbox of the event store has 2 publishers')
  })
})

describe('the health of a store', () => {
  const driver = 'better-sqlite3'

  it('18.6 is up while the database answers, the schema fits and the relay runs', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()], providers })
    const health = app.get(SourcedHealthIndicator)
    expect(await health.check('events')).toEqual({ events: { status: 'up', relay: 'running' } })
    const limited = await health.check('events', { maxOutboxLagMs: 1_000, maxFailedMessages: 0 })
    expect(limited.events).toMatchObject({ status: 'up', outbox: { pending: 0, failed: 0 } })
  })

  it('18.6 is down, and says why, when messages wait, fail, or a table is gone', async () => {
    const outbox = {
      publish: () => Promise.reject(new Error('the broker is away')),
      maxAttempts: 1,
      onError: () => {},
    }
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot({ outbox })] })
    const [store, health] = [app.get(EventStore), app.get(SourcedHealthIndicator)]
    await send(store, 'ann')
    await until(async () => (await store.outbox.counts()).failed === 1, 'the message has failed')
    const failed = await health.check('events', { maxFailedMessages: 0 })
    expect(failed.events).toMatchObject({ status: 'down', message: '1 messages of the outbox have failed.' })
    await store.unitOfWork((work) => {
      work.create(Account, 'bob').deposit({ amount: 1 })
      work.send({ type: 'later', availableAt: new Date(Date.now() + 60_000) })
    })
    const waits = async (): Promise<boolean> => ((await store.outbox.counts()).oldestPendingMs ?? 0) > 0
    await until(waits, 'the message has waited')
    const lagging = await health.check('events', { maxOutboxLagMs: 0 })
    expect(lagging.events.message).toMatch(/^The oldest message of the outbox has waited for \d+ ms\.$/)
    await store.dataSource.query('drop table outbox_messages')
    const broken = await health.check('events')
    expect(broken.events).toMatchObject({ status: 'down', relay: 'running' })
    expect(broken.events.message).toContain('table outbox_messages does not exist')
  })

  it('18.6 is down when the application is closed, or the database does not answer in time', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()], providers })
    const health = app.get(SourcedHealthIndicator)
    const dataSource = app.get(DataSource)
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    const late = await health.check('events', { timeoutMs: 30 })
    expect(late.events).toMatchObject({
      status: 'down',
      message: 'The database did not answer within 30 ms.',
    })
    await runner.rollbackTransaction()
    await runner.release()
    await app.close()
    expect((await health.check('events')).events).toMatchObject({ status: 'down', relay: 'stopped' })
  })

  it('18.6 is an indicator for terminus', async () => {
    const app = await start({
      imports: [
        await databaseModule(driver),
        SourcedModule.forRoot(),
        TerminusModule.forRoot({ logger: false }),
      ],
    })
    const [terminus, health] = [app.get(HealthCheckService), app.get(SourcedHealthIndicator)]
    const result = await terminus.check([() => health.check('events', { maxOutboxLagMs: 1_000 })])
    expect(result).toMatchObject({ status: 'ok', details: { events: { status: 'up', relay: 'none' } } })
    await app.get(DataSource).query('drop table aggregate_snapshots')
    const failed = terminus.check([() => health.check('events')])
    await expect(failed).rejects.toMatchObject({ status: 503, response: { status: 'error' } })
  })

  it('18.6 of a store that does not exist cannot be asked for', async () => {
    const app = await start({ imports: [await databaseModule(driver), SourcedModule.forRoot()] })
    const asked = app.get(SourcedHealthIndicator).check('events', { store: 'ledger' })
    await expect(asked).rejects.toThrow(`There is no event store 'ledger'`)
  })
})
