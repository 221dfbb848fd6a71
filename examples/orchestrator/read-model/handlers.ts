import type { ReadModelRows } from '../../../src/index.js'
import type { EventName, StoredEvent } from '../events/events.js'
import { CheckpointView } from './checkpoint-view.js'
import { MessageView } from './message-view.js'
import { ProjectView } from './project-view.js'
import { SettingView } from './setting-view.js'
import { ThreadView } from './thread-view.js'
import { TurnView } from './turn-view.js'

type Handler<Name extends EventName> = (event: StoredEvent<Name>, rows: ReadModelRows) => void | Promise<void>

/** What every kind of event changes in the read models. A kind that is missing here does not compile, nor does one too many. */
export const handlers: { readonly [Name in EventName]: Handler<Name> } = {
  'project-created': ({ aggregateId: id, sequence, payload }, rows) =>
    rows.insert(ProjectView, { id, streamVersion: sequence, ...payload, archived: false }),
  'project-renamed': ({ aggregateId: id, payload }, rows) => rows.patch(ProjectView, { id }, payload),
  'project-archived': ({ aggregateId: id }, rows) => rows.patch(ProjectView, { id }, { archived: true }),

  'thread-started': ({ aggregateId: id, sequence, recordedAt, payload: { projectId, ...rest } }, rows) =>
    rows.insert(ThreadView, {
      ...rest,
      id,
      streamVersion: sequence,
      project: { id: projectId },
      archived: false,
      startedAt: recordedAt,
      changedAt: recordedAt,
    }),
  'thread-renamed': ({ aggregateId: id, payload }, rows) => rows.patch(ThreadView, { id }, payload),
  'thread-model-changed': ({ aggregateId: id, payload }, rows) => rows.patch(ThreadView, { id }, payload),
  'thread-archived': ({ aggregateId: id }, rows) => rows.patch(ThreadView, { id }, { archived: true }),
  'thread-rewound': ({ aggregateId: id, payload: { toTurn } }, rows) => forgetTurnsAfter(id, toTurn, rows),

  'turn-started': ({ aggregateId, payload: { turnId, number } }, rows) =>
    rows.insert(TurnView, {
      id: turnId,
      thread: { id: aggregateId },
      number,
      state: 'running',
      tokensRead: 0,
      tokensWritten: 0,
      reason: null,
    }),
  'turn-completed': ({ payload: { turnId, tokens } }, rows) =>
    rows.patch(
      TurnView,
      { id: turnId },
      { state: 'completed', tokensRead: tokens.read, tokensWritten: tokens.written },
    ),
  'turn-failed': ({ payload: { turnId, reason } }, rows) =>
    rows.patch(TurnView, { id: turnId }, { state: 'failed', reason }),
  'turn-interrupted': ({ payload: { turnId, by } }, rows) =>
    rows.patch(TurnView, { id: turnId }, { state: 'interrupted', reason: by }),

  'message-sent': ({ position, payload: { messageId, turnId, role, text } }, rows) =>
    rows.insert(MessageView, { id: messageId, turn: { id: turnId }, role, text, position }),
  'message-extended': async ({ payload: { messageId, text } }, rows) => {
    const message = await rows.find(MessageView, { id: messageId })
    if (message === undefined) return
    message.text += text
    rows.sync(message)
  },

  'checkpoint-captured': ({ recordedAt, payload: { checkpointId, turnId, files } }, rows) =>
    rows.insert(CheckpointView, { id: checkpointId, turn: { id: turnId }, files, capturedAt: recordedAt }),

  'setting-changed': ({ payload }, rows) => rows.upsert(SettingView, payload),
  'setting-cleared': ({ payload: { name } }, rows) => rows.delete(SettingView, { name }),
}

/** The log keeps them; the thread looks as if they had never been. */
async function forgetTurnsAfter(threadId: string, toTurn: number, rows: ReadModelRows): Promise<void> {
  const thread = await rows.find(ThreadView, { id: threadId }, { include: ['turns'] })
  if (thread === undefined) return
  for (const { id } of thread.turns.filter(({ number }) => number > toTurn)) {
    const turn = await rows.find(TurnView, { id }, { include: ['messages', 'checkpoints'] })
    if (turn === undefined) continue
    turn.messages = []
    turn.checkpoints = []
    rows.sync(turn)
  }
  thread.turns = thread.turns.filter(({ number }) => number <= toTurn)
  rows.sync(thread)
}
