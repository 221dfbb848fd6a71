import { randomUUID } from 'node:crypto'
import { event } from '../events/events.js'
import type { PayloadOf } from '../events/events.js'
import { Problem } from '../problem.js'
import { seen } from './decisions.js'
import type { Decisions } from './decisions.js'

export class Turns {
  constructor(private readonly at: Decisions) {}

  /** Begins a turn with the user's question. Gives the id of the turn. */
  ask(threadId: string, text: string): Promise<string> {
    return this.at.decide(async () => {
      const thread = await this.at.idleThread(threadId)
      const turnId = randomUUID()
      const number = Math.max(0, ...thread.turns.map((turn) => turn.number)) + 1
      await this.at.log.append(
        [
          event('turn-started', threadId, { turnId, number }),
          event('message-sent', threadId, { messageId: randomUUID(), turnId, role: 'user', text }),
        ],
        [seen('thread', thread)],
      )
      return turnId
    })
  }

  /**
   * Records what the assistant says as it comes: the first part makes the message, later ones extend it. Ends with a
   * `Problem` if the turn ends meanwhile.
   */
  async answer(threadId: string, parts: AsyncIterable<string> | Iterable<string>): Promise<void> {
    const { turnId } = await this.at.busyThread(threadId)
    const messageId = randomUUID()
    let begun = false
    for await (const text of parts) {
      const part = begun
        ? event('message-extended', threadId, { messageId, text })
        : event('message-sent', threadId, { messageId, turnId, role: 'assistant', text })
      await this.at.decide(async () => {
        const { thread, turnId: current } = await this.at.busyThread(threadId)
        if (current !== turnId) throw new Problem('The turn that this answer belongs to has ended.')
        await this.at.log.append([part], [seen('thread', thread)])
      })
      begun = true
    }
  }

  /** Ends the turn and captures what the files look like now, in one batch. Gives the id of the checkpoint. */
  complete(
    threadId: string,
    { tokens, files }: Pick<PayloadOf<'turn-completed'>, 'tokens'> & { readonly files: readonly string[] },
  ): Promise<string> {
    return this.at.decide(async () => {
      const { thread, turnId } = await this.at.busyThread(threadId)
      const checkpointId = randomUUID()
      await this.at.log.append(
        [
          event('turn-completed', threadId, { turnId, tokens }),
          event('checkpoint-captured', threadId, { checkpointId, turnId, files }),
        ],
        [seen('thread', thread)],
      )
      return checkpointId
    })
  }

  fail(threadId: string, reason: string): Promise<void> {
    return this.at.decide(async () => {
      const { thread, turnId } = await this.at.busyThread(threadId)
      await this.at.log.append([event('turn-failed', threadId, { turnId, reason })], [seen('thread', thread)])
    })
  }

  interrupt(threadId: string): Promise<void> {
    return this.at.decide(async () => {
      const { thread, turnId } = await this.at.busyThread(threadId)
      await this.at.log.append(
        [event('turn-interrupted', threadId, { turnId, by: 'user' })],
        [seen('thread', thread)],
      )
    })
  }

  /** The application has just begun: whatever runs according to the log was ended by the end of the last process. */
  async interruptLeftOver(): Promise<void> {
    const turns = await this.at.views.runningTurns()
    await this.at.log.append(
      turns.map(({ id, thread }) => event('turn-interrupted', thread.id, { turnId: id, by: 'restart' })),
    )
  }
}
