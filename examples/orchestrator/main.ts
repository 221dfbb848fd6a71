import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EVENT_NAMES } from './events/events.js'
import type { EventName } from './events/events.js'
import { Orchestrator } from './orchestrator.js'
import { showHistogram, showThread } from './show.js'

const FOLDER = join(__dirname, 'data')
const FILES = ['login.ts', 'login.test.ts', 'session.ts']

/** Works a little with the application in a folder. Run again, it continues where the last run ended. */
async function main(dataDir: string): Promise<void> {
  const app = await Orchestrator.open(dataDir)
  try {
    const { position: before } = await lastOf(app)
    console.log(
      `${join(dataDir, 'orchestrator.sqlite')}: ${before === 0 ? 'a new log' : `continues after event ${before}`}`,
    )

    const [known] = await app.views.projects()
    const projectId =
      known?.id ?? (await app.projects.create({ title: 'Website', folder: '/home/ann/website' }))
    const visit = (known?.threads.length ?? 0) + 1
    await app.settings.change('model', visit % 2 === 1 ? 'careful' : 'quick')
    const threadId = await app.threads.start(projectId, { title: `Untitled ${visit}` })

    await app.turns.ask(threadId, 'Why does the login fail?')
    await app.turns.answer(threadId, spoken('The session expires before the form is sent.'))
    const checkpoint = await app.turns.complete(threadId, {
      tokens: { read: 900, written: 40 },
      files: FILES,
    })
    await app.threads.rename(threadId, `Login, visit ${visit}`)

    await app.turns.ask(threadId, 'Rewrite everything!')
    await app.turns.answer(threadId, spoken('Gladly. I shall begin with the database …'))
    await app.turns.interrupt(threadId)
    console.log('\nBefore rewinding:')
    showThread((await app.views.thread(threadId))!)

    await app.threads.rewind(threadId, checkpoint)
    console.log('\nRewound to the checkpoint:')
    showThread((await app.views.thread(threadId))!)

    console.log('\nWhat the log says about this run:')
    for await (const { position, name, aggregateType } of app.log.replay({ after: before }))
      console.log(`  ${String(position).padStart(5)}  ${aggregateType.padEnd(9)} ${name}`)

    const { counts, total } = await lastOf(app)
    console.log(`\nAll of it, ${total} events of ${EVENT_NAMES.length} declared kinds:`)
    showHistogram(counts)
    console.log(
      `\nRebuilt the read models from ${await app.rebuild()} events. Run it again: it continues here.`,
    )
  } finally {
    await app.close()
  }
}

/** An answer as it comes, in pieces. */
async function* spoken(answer: string): AsyncGenerator<string> {
  for (const piece of answer.match(/.{1,16}/g) ?? []) {
    await sleep(5)
    yield piece
  }
}

/** A replay of the whole log: how many events of each kind, and where it ends. */
async function lastOf(app: Orchestrator): Promise<{
  readonly position: number
  readonly total: number
  readonly counts: ReadonlyMap<EventName, number>
}> {
  const counts = new Map<EventName, number>()
  let [position, total] = [0, 0]
  for await (const event of app.log.replay()) {
    counts.set(event.name, (counts.get(event.name) ?? 0) + 1)
    position = event.position
    total++
  }
  return { position, total, counts }
}

main(resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? FOLDER)).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
