import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ConcurrentWriteError, ReadModelNotFoundError } from '../../src/index.js'
import { event } from './events/events.js'
import type { Orchestrator } from './orchestrator.js'
import { Problem } from './problem.js'
import { eventsOf, readModelRows } from './testing/contents.js'
import { randomSession } from './testing/random-session.js'
import { TestFolder } from './testing/test-folder.js'

let folder: TestFolder
let app: Orchestrator

beforeEach(async () => {
  folder = new TestFolder()
  app = await folder.open()
})
afterEach(() => folder.remove())

async function newThread(): Promise<string> {
  const projectId = await app.projects.create({ title: 'Website', folder: '/work' })
  return app.threads.start(projectId, { title: 'Login' })
}

/** A turn from the question to the checkpoint. */
async function turn(threadId: string, question: string): Promise<string> {
  await app.turns.ask(threadId, question)
  await app.turns.answer(threadId, ['Be', 'cause', '.'])
  return app.turns.complete(threadId, { tokens: { read: 10, written: 3 }, files: ['a.ts'] })
}

describe('a batch', () => {
  const batch = (threadId: string) => [
    event('project-created', 'p', { title: 'P', folder: '/' }),
    event('thread-started', threadId, { projectId: 'p', title: 'T', model: 'm' }),
    event('turn-started', threadId, { turnId: 'u', number: 1 }),
    event('message-sent', threadId, { messageId: 'm', turnId: 'u', role: 'user', text: 'Hi' }),
    event('message-extended', threadId, { messageId: 'm', text: ' there' }),
    event('setting-changed', 'settings', { name: 'model', value: 'quick' }),
  ]

  test('is stored over several streams, with its read models', async () => {
    const positions = await app.log.append(batch('t'))
    expect(positions).toHaveLength(6)
    expect((await eventsOf(app)).map(({ name }) => name)).toEqual(
      batch('t').map(({ event: { name } }) => name),
    )
    const thread = await app.views.thread('t')
    expect(thread).toMatchObject({ title: 'T', streamVersion: 4, project: { title: 'P' } })
    expect(thread?.turns[0]?.messages).toMatchObject([{ text: 'Hi there', role: 'user' }])
    expect(await app.views.setting('model')).toBe('quick')
  })

  test('leaves nothing behind if its last event cannot be projected', async () => {
    const before = await readModelRows(app)
    const impossible = [...batch('t'), event('thread-renamed', 'nobody', { title: 'x' })]
    await expect(app.log.append(impossible)).rejects.toThrow(ReadModelNotFoundError)
    expect(await eventsOf(app)).toEqual([])
    expect(await readModelRows(app)).toEqual(before)
  })

  test('leaves nothing behind if one of its streams has moved', async () => {
    await app.settings.change('model', 'careful')
    const before = await readModelRows(app)
    const stale = { aggregateType: 'settings', aggregateId: 'settings', version: 0 }
    await expect(app.log.append(batch('t'), [stale])).rejects.toThrow(ConcurrentWriteError)
    expect(await eventsOf(app)).toHaveLength(1)
    expect(await readModelRows(app)).toEqual(before)
  })

  test('without events does nothing', async () => {
    expect(await app.log.append([])).toEqual([])
  })
})

describe('the log', () => {
  test('is replayed in the order in which everything happened', async () => {
    await turn(await newThread(), 'Why?')
    const events = await eventsOf(app)
    expect(events.map(({ name }) => name)).toEqual([
      'project-created',
      'thread-started',
      'turn-started',
      'message-sent',
      'message-sent',
      'message-extended',
      'message-extended',
      'turn-completed',
      'checkpoint-captured',
    ])
    const [created] = events
    // The name tells TypeScript which payload it is.
    expect(created?.name === 'project-created' && created.payload.folder).toBe('/work')
    const positions = events.map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((one, other) => one - other))
  })

  test('is replayed from every position on', async () => {
    await randomSession(app, 3, 150)
    const events = await eventsOf(app)
    expect(events.length).toBeGreaterThan(20)
    for (const [index, { position }] of events.entries())
      expect(await eventsOf(app, position)).toEqual(events.slice(index + 1))
    expect(await eventsOf(app, 0)).toEqual(events)
  })
})

describe('the read models', () => {
  test.each([1, 2, 3, 4])('are what a rebuild makes of the log (session %d)', async (seed) => {
    await randomSession(app, seed, 300)
    const kept = await readModelRows(app)
    const events = await eventsOf(app)
    expect(new Set(events.map(({ name }) => name)).size).toBeGreaterThanOrEqual(15)
    expect(await app.rebuild()).toBe(events.length)
    expect(await readModelRows(app)).toEqual(kept)
  })

  test('are as they were if a rebuild fails', async () => {
    await turn(await newThread(), 'Why?')
    const kept = await readModelRows(app)
    await app.dataSource.query(
      `create trigger no_turns before insert on turns begin select raise(abort, 'no'); end`,
    )
    await expect(app.rebuild()).rejects.toThrow('no')
    expect(await readModelRows(app)).toEqual(kept)
  })

  test('forget the turns after a checkpoint, the log does not', async () => {
    const threadId = await newThread()
    const checkpoint = await turn(threadId, 'One?')
    await turn(threadId, 'Two?')
    await app.turns.ask(threadId, 'Three?')
    await app.turns.fail(threadId, 'out of tokens')
    await app.threads.rewind(threadId, checkpoint)
    const thread = (await app.views.thread(threadId))!
    expect(thread.turns.map(({ number }) => number)).toEqual([1])
    const rows = await readModelRows(app)
    expect([rows['turns'], rows['messages'], rows['checkpoints']].map((list) => list!.length)).toEqual([
      1, 2, 1,
    ])
    const asked = (await eventsOf(app)).filter(({ name }) => name === 'turn-started')
    expect(asked).toHaveLength(3)
    await turn(threadId, 'Two, again?')
    expect((await app.views.thread(threadId))?.turns.map(({ number }) => number)).toEqual([1, 2])
  })

  test('have the tables that their entities describe', async () => {
    const { upQueries } = await app.dataSource.driver.createSchemaBuilder().log()
    expect(upQueries.map(({ query }) => query)).toEqual([])
  })
})

describe('commands', () => {
  test('that make no sense are refused, and record nothing', async () => {
    const threadId = await newThread()
    await app.turns.ask(threadId, 'Why?')
    const before = await eventsOf(app)
    await expect(app.turns.ask(threadId, 'And why?')).rejects.toThrow(Problem)
    await expect(app.threads.archive(threadId)).rejects.toThrow('a turn under way')
    await expect(app.threads.rewind(threadId, 'nowhere')).rejects.toThrow(Problem)
    await expect(app.threads.start('nowhere', { title: 'x' })).rejects.toThrow('There is no project')
    expect(await eventsOf(app)).toEqual(before)
    const { project } = (await app.views.thread(threadId))!
    await app.projects.archive(project.id)
    await expect(app.threads.rename(threadId, 'x')).rejects.toThrow('is archived')
    await expect(app.threads.start(project.id, { title: 'x' })).rejects.toThrow('is archived')
  })

  test('at the same moment are decided one after the other', async () => {
    const threadId = await newThread()
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => app.turns.ask(threadId, `${n}?`)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const streaming = app.turns.answer(threadId, ['a', 'b', 'c', 'd', 'e', 'f'])
    await Promise.all([app.threads.rename(threadId, 'Renamed'), app.threads.chooseModel(threadId, 'quick')])
    await streaming
    const thread = (await app.views.thread(threadId))!
    expect(thread).toMatchObject({ title: 'Renamed', model: 'quick' })
    expect(thread.turns[0]?.messages[1]?.text).toBe('abcdef')
  })

  test('an answer ends when its turn is interrupted', async () => {
    const threadId = await newThread()
    await app.turns.ask(threadId, 'Why?')
    async function* endless(): AsyncGenerator<string> {
      for (let count = 0; ; count++) {
        if (count === 3) await app.turns.interrupt(threadId)
        yield '.'
      }
    }
    await expect(app.turns.answer(threadId, endless())).rejects.toThrow(Problem)
    expect((await app.views.thread(threadId))?.turns[0]).toMatchObject({
      state: 'interrupted',
      reason: 'user',
      messages: [{ text: 'Why?' }, { text: '...' }],
    })
  })

  test('settings are what threads begin with', async () => {
    const { project } = (await app.views.thread(await newThread()))!
    await app.settings.change('model', 'quick')
    await app.settings.change('model', 'careful')
    const careful = await app.threads.start(project.id, { title: 'One' })
    await app.settings.clear('model')
    const standard = await app.threads.start(project.id, { title: 'Two' })
    expect((await app.views.thread(careful))?.model).toBe('careful')
    expect((await app.views.thread(standard))?.model).toBe('standard')
  })
})

describe('after a restart', () => {
  test('everything is there, goes on, and running turns are interrupted', async () => {
    const threadId = await newThread()
    await turn(threadId, 'One?')
    await app.turns.ask(threadId, 'Two?')
    const events = await eventsOf(app)
    await app.close()
    app = await folder.open()
    const last = events.at(-1)!.position
    expect((await eventsOf(app)).slice(0, -1)).toEqual(events)
    expect(await eventsOf(app, last)).toMatchObject([
      { name: 'turn-interrupted', payload: { by: 'restart' } },
    ])
    expect((await app.views.thread(threadId))?.turns.map(({ state }) => state)).toEqual([
      'completed',
      'interrupted',
    ])
    await turn(threadId, 'Three?')
    expect((await app.views.thread(threadId))?.turns).toHaveLength(3)
  })

  test('a killed process leaves no half of a batch, and nothing it reported is lost', async () => {
    await app.close()
    const script = join(__dirname, 'testing', 'keep-working.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder.path])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.split('\n').length > 12) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const reported = output.split('\n').slice(0, -1)
    app = await folder.open()
    const [project] = await app.views.projects()
    const { turns } = (await app.views.thread(project!.threads[0]!.id))!
    for (const id of reported) expect(turns.find((one) => one.id === id)?.state).toBe('completed')
    // A turn has its question, a completed one its checkpoint: they were appended together.
    for (const { state, messages, checkpoints } of turns) {
      expect(messages[0]?.role).toBe('user')
      expect(checkpoints).toHaveLength(state === 'completed' ? 1 : 0)
    }
    expect(turns.filter(({ state }) => state === 'running')).toEqual([])
    const kept = await readModelRows(app)
    await app.rebuild()
    expect(await readModelRows(app)).toEqual(kept)
  })
})

test('the program runs, and continues when it runs again', async () => {
  await app.close()
  const run = async (): Promise<string> => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'main.ts'), folder.path])
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, output }).toMatchObject({ code: 0 })
    return output
  }
  expect(await run()).toMatch(/a new log[^]*Login, visit 1[^]*18 events of 17 declared kinds/)
  expect(await run()).toMatch(
    /continues after event 18\n[^]*Login, visit 2[^]*Rebuilt the read models from 35 events/,
  )
})
