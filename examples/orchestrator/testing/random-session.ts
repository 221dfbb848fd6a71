import type { Orchestrator } from '../orchestrator.js'
import { Problem } from '../problem.js'

/** Does this many random things, those that make no sense included. The same seed does the same. */
export async function randomSession(app: Orchestrator, seed: number, steps: number): Promise<void> {
  const random = randomFrom(seed)
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
  for (let step = 0; step < steps; step++) {
    const projects = await app.views.projects()
    const project = pick(projects)
    const thread = pick(projects.flatMap(({ threads }) => threads))
    const checkpoints = (thread && (await app.views.thread(thread.id)))?.turns.flatMap(
      (turn) => turn.checkpoints,
    )
    const checkpoint = pick(checkpoints ?? [])
    const [projectId, threadId] = [project?.id ?? 'none', thread?.id ?? 'none']
    const commands: (() => Promise<unknown>)[] = [
      () => app.projects.create({ title: `Project ${step}`, folder: `/${step}` }),
      () => app.projects.rename(projectId, `Renamed ${step}`),
      ...(projects.length > 2 ? [() => app.projects.archive(projectId)] : []),
      () => app.threads.start(projectId, { title: `Thread ${step}` }),
      () => app.threads.rename(threadId, `Renamed ${step}`),
      () => app.threads.chooseModel(threadId, `model-${step}`),
      () => (step % 5 === 0 ? app.threads.archive(threadId) : Promise.resolve()),
      () => (checkpoint ? app.threads.rewind(threadId, checkpoint.id) : Promise.resolve()),
      () => app.turns.fail(threadId, `because ${step}`),
      () => app.turns.interrupt(threadId),
      ...[1, 2, 3].flatMap(() => [
        () => app.turns.ask(threadId, `question ${step}`),
        () => app.turns.answer(threadId, ['an ', 'answer ', `${step}`]),
        () => app.turns.complete(threadId, { tokens: { read: step, written: 1 }, files: [`${step}.ts`] }),
      ]),
      () => app.settings.change(`setting-${step % 3}`, `${step}`),
      () => app.settings.clear(`setting-${step % 3}`),
    ]
    await pick(commands)!().catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
  }
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
