import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { INestApplication } from '@nestjs/common'
import request from 'supertest'
import { EventStore } from '../../src/index.js'
import type { UnitOfWork } from '../../src/index.js'
import { createPostgresDatabase } from '../../test/support/databases.js'
import type { AccountState, Transfer } from './bank.js'
import { createBank } from './create-bank.js'
import { Account } from './domain/account.js'
import { IdempotentCommits } from './idempotency/idempotent-commits.js'
import { Notifications } from './notifications.js'
import type { AccountView } from './read-model/account-view.js'
import type { Movement } from './read-model/movement.js'

interface Place {
  readonly env: NodeJS.ProcessEnv
  remove(): Promise<void>
}

const places = {
  SQLite: async (): Promise<Place> => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-bank-'))
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
    return { env: { DATABASE_FILE: join(folder, 'bank.sqlite') }, remove }
  },
  Postgres: async (): Promise<Place> => {
    const { url, drop } = await createPostgresDatabase()
    return { env: { DATABASE_URL: url }, remove: drop }
  },
}

describe.each(['SQLite', 'Postgres'] as const)('the bank on %s', (kind) => {
  let place: Place
  let app: INestApplication

  beforeAll(async () => {
    place = await places[kind]()
    app = await createBank(place.env)
    await app.listen(0)
  })

  afterAll(async () => {
    await app.close()
    await place.remove()
  })

  const post = (path: string, body: object, key?: string): request.Test => {
    const sent = request(app.getHttpServer() as Server).post(path)
    return (key === undefined ? sent : sent.set('Idempotency-Key', key)).send(body)
  }
  const get = (path: string): request.Test => request(app.getHttpServer() as Server).get(path)

  async function open(owner: string, balance: number): Promise<string> {
    const { id } = (await post('/accounts', { owner }).expect(201)).body as AccountState
    if (balance > 0) await post(`/accounts/${id}/deposits`, { amount: balance }).expect(200)
    return id
  }
  const balanceOf = async (id: string): Promise<number> =>
    ((await get(`/accounts/${id}`).expect(200)).body as AccountView).balance
  const statementOf = async (id: string): Promise<Movement[]> =>
    (await get(`/accounts/${id}/statement`).expect(200)).body as Movement[]

  test('opens accounts, pays in and out, and serves what came and went', async () => {
    const id = await open('Ann', 100)
    const answer = await post(`/accounts/${id}/withdrawals`, { amount: 30 }).set('x-correlation-id', 'r-1')
    expect(answer.body).toEqual({ id, balance: 70, version: 3 })
    expect(await balanceOf(id)).toBe(70)
    expect(await statementOf(id)).toMatchObject([
      { kind: 'money-withdrawn', amount: -30, balance: 70, correlationId: 'r-1' },
      { kind: 'money-deposited', amount: 100, balance: 100 },
    ])
    const accounts = (await get('/accounts').expect(200)).body as AccountView[]
    expect(accounts).toContainEqual({ id, owner: 'Ann', balance: 70, version: 3 })
  })

  test('transfers between two accounts in one commit, and tells the world once', async () => {
    const [ann, bob] = [await open('Ann', 100), await open('Bob', 5)]
    const { body } = await post('/transfers', { from: ann, to: bob, amount: 60 }).expect(201)
    const { transferId } = body as Transfer
    expect(body).toMatchObject({ from: { id: ann, balance: 40 }, to: { id: bob, balance: 65 } })
    expect((await statementOf(bob))[0]).toMatchObject({
      kind: 'money-received',
      amount: 60,
      counterparty: ann,
    })
    const commits = new Set<string>()
    for await (const { aggregateId, name, commitId } of app.get(EventStore).readAll())
      if ([ann, bob].includes(aggregateId) && /sent|received/.test(name)) commits.add(commitId)
    expect(commits.size).toBe(1)
    const { told } = app.get(Notifications)
    while (!told.has(transferId)) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(told.get(transferId)?.payload).toEqual({ from: ann, to: bob, amount: 60 })
  })

  test('refuses an overdraft, and nothing of a refused transfer happens', async () => {
    const [ann, bob] = [await open('Ann', 10), await open('Bob', 0)]
    const overdraft = {
      statusCode: 422,
      code: 'overdraft',
      message: 'The account has 10, which is less than 11.',
    }
    await post(`/accounts/${ann}/withdrawals`, { amount: 11 }).expect(422, overdraft)
    await post('/transfers', { from: ann, to: bob, amount: 11 }).expect(422, overdraft)
    expect([await balanceOf(ann), await balanceOf(bob)]).toEqual([10, 0])
    expect(await statementOf(bob)).toEqual([])
  })

  test('answers the same to the same key, and applies it once', async () => {
    const [ann, bob] = [await open('Ann', 100), await open('Bob', 0)]
    const key = randomUUID()
    const first = await post('/transfers', { from: ann, to: bob, amount: 60 }, key).expect(201)
    const again = await post('/transfers', { from: ann, to: bob, amount: 60 }, key).expect(201)
    expect(again.body).toEqual(first.body)
    expect([await balanceOf(ann), await balanceOf(bob)]).toEqual([40, 60])
    const other = await post('/transfers', { from: ann, to: bob, amount: 1 }, key).expect(422)
    expect(other.body).toMatchObject({ code: 'key-reused' })
  })

  test('answers the same also to those that come at the same moment', async () => {
    const ann = await open('Ann', 100)
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(`/accounts/${ann}/withdrawals`, { amount: 100 }, key)),
    )
    for (const { status, body } of answers)
      expect({ status, body }).toEqual({ status: 200, body: { id: ann, balance: 0, version: 3 } })
    expect(await statementOf(ann)).toHaveLength(2)
  })

  test('answers the same to one that decided by what its twin had left', async () => {
    const ann = await open('Ann', 100)
    const request = { key: randomUUID(), asks: ['withdraw', ann, 100] }
    const commits = app.get(IdempotentCommits)
    let enter = (): void => {}
    const entered = new Promise<void>((resolve) => (enter = resolve))
    let proceed = (): void => {}
    const mayProceed = new Promise<void>((resolve) => (proceed = resolve))
    const withdraw = async (unit: UnitOfWork): Promise<{ balance: number }> => {
      const account = (await unit.load(Account, ann))!
      account.withdraw({ amount: 100 })
      return { balance: account.balance }
    }
    const late = commits.run(request, async (unit) => {
      enter()
      await mayProceed
      return withdraw(unit)
    })
    await entered
    expect(await commits.run(request, withdraw)).toEqual({ balance: 0 })
    proceed()
    expect(await late).toEqual({ balance: 0 })
    expect(await balanceOf(ann)).toBe(0)
  })

  test('a refused request may come again with its key', async () => {
    const ann = await open('Ann', 0)
    const key = randomUUID()
    await post(`/accounts/${ann}/withdrawals`, { amount: 5 }, key).expect(422)
    await post(`/accounts/${ann}/deposits`, { amount: 5 }).expect(200)
    await post(`/accounts/${ann}/withdrawals`, { amount: 5 }, key).expect(200)
  })

  test('loses no money when everybody transfers at once', async () => {
    const ids = await Promise.all(['Ann', 'Bob', 'Cid'].map((owner) => open(owner, 100)))
    const moves = Array.from({ length: 30 }, (_, n) => ({
      from: ids[n % 3],
      to: ids[(n + 1) % 3],
      amount: 1 + n,
    }))
    const answers = await Promise.all(moves.map((move) => post('/transfers', move)))
    expect(answers.map(({ status }) => status).filter((status) => ![201, 409, 422].includes(status))).toEqual(
      [],
    )
    expect(answers.some(({ status }) => status === 201)).toBe(true)
    const balances = await Promise.all(ids.map(balanceOf))
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(300)
    for (const id of ids) {
      const sum = (await statementOf(id)).reduce((total, { amount }) => total + amount, 0)
      expect(sum).toBe(await balanceOf(id))
    }
  })

  test('says what is wrong with a request', async () => {
    const ann = await open('Ann', 1)
    const amount = 'amount has to be a whole number from 1 to 1000000'
    const wrong = await post(`/accounts/${ann}/deposits`, { amount: 1.5 }).expect(400)
    expect(wrong.body).toMatchObject({ message: [amount] })
    await post('/accounts', {}).expect(400)
    await post('/accounts', { owner: 'Ann' }, 'two words').expect(400)
    await post('/transfers', { from: ann, to: ann, amount: 1 }).expect(422)
    await post('/transfers', { from: ann, to: 'nobody', amount: 1 }).expect(404)
    await post('/accounts/nobody/deposits', { amount: 1 }).expect(404)
    await get('/accounts/nobody').expect(404)
  })

  test('describes itself, and says how it is', async () => {
    const { body } = await get('/api-json').expect(200)
    const { paths } = body as {
      paths: Record<string, Record<string, { parameters: object[]; responses: object }>>
    }
    expect(Object.keys(paths)).toEqual([
      '/accounts',
      '/accounts/{id}/deposits',
      '/accounts/{id}/withdrawals',
      '/accounts/{id}',
      '/accounts/{id}/statement',
      '/transfers',
      '/health',
    ])
    expect(paths['/transfers']!['post']!.parameters).toMatchObject([
      { name: 'Idempotency-Key', in: 'header' },
    ])
    expect(Object.keys(paths['/accounts/{id}']!['get']!.responses)).toEqual(['200', '404'])
    await get('/api').expect(200).expect('content-type', /html/)
    const { body: health } = await get('/health').expect(200)
    expect(health).toMatchObject({ events: { status: 'up', relay: 'running' } })
  })
})
