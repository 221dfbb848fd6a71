import type { EventName } from './events/events.js'
import type { ThreadView } from './read-model/thread-view.js'

const SIGNS = { running: '…', completed: '✓', failed: '✗', interrupted: '■' } as const

/** Prints a thread with its turns. */
export function showThread({ project, title, model, turns }: ThreadView): void {
  console.log(`  ${project.title} › ${title} (${model})`)
  for (const turn of turns) {
    const tokens = turn.tokensRead + turn.tokensWritten
    console.log(`  ${SIGNS[turn.state]} turn ${turn.number}${tokens > 0 ? `, ${tokens} tokens` : ''}`)
    for (const { role, text } of turn.messages) console.log(`      ${role}: ${text}`)
    for (const { files } of turn.checkpoints) console.log(`      checkpoint of ${files.join(', ')}`)
  }
}

/** Prints how many events of each kind there are. */
export function showHistogram(counts: ReadonlyMap<EventName, number>): void {
  for (const [name, count] of [...counts].sort(([, one], [, other]) => other - one))
    console.log(`  ${name.padEnd(20)} ${String(count).padStart(4)} ${'▪'.repeat(Math.min(count, 40))}`)
}
