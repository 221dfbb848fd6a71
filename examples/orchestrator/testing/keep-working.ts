import { Orchestrator } from '../orchestrator.js'

/** A process that asks and answers until it is killed, and says which turns are certainly stored. */
async function keepWorking(dataDir: string): Promise<void> {
  const app = await Orchestrator.open(dataDir)
  const projectId = await app.projects.create({ title: 'Endless', folder: '/' })
  const threadId = await app.threads.start(projectId, { title: 'Endless' })
  for (;;) {
    const turnId = await app.turns.ask(threadId, 'And now?')
    await app.turns.answer(threadId, ['More ', 'of ', 'it.'])
    await app.turns.complete(threadId, { tokens: { read: 1, written: 1 }, files: [turnId] })
    process.stdout.write(`${turnId}\n`)
  }
}

void keepWorking(process.argv[2]!)
