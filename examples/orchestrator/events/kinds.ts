import { count, listOf, nothing, oneOf, shape, text } from './decoder.js'
import { kindsOf } from './event-kind.js'

const project = kindsOf('project')
const thread = kindsOf('thread')
const settings = kindsOf('settings')

/**
 * Every kind of event, declared once: the key is the name that is stored, the decoder is what reads the payload and
 * what gives it its type, and the steps from older payloads make the version. Everything else is derived from here:
 * what `event()` accepts, what the log gives back, which handlers the read models need. So a name and its decoder
 * cannot drift apart: there is nothing to keep in step.
 */
export const KINDS = {
  'project-created': project(shape({ title: text, folder: text })),
  'project-renamed': project(shape({ title: text })),
  'project-archived': project(nothing),

  'thread-started': thread(shape({ projectId: text, title: text, model: text })),
  'thread-renamed': thread(shape({ title: text })),
  'thread-model-changed': thread(shape({ model: text })),
  'thread-archived': thread(nothing),
  'thread-rewound': thread(shape({ checkpointId: text, toTurn: count })),

  'turn-started': thread(shape({ turnId: text, number: count })),
  'turn-completed': thread(
    shape({ turnId: text, tokens: shape({ read: count, written: count }) }),
    // Version 1 knew only their sum.
    ({ turnId, tokens }: { readonly turnId: string; readonly tokens: number }) => ({
      turnId,
      tokens: { read: 0, written: tokens },
    }),
  ),
  'turn-failed': thread(shape({ turnId: text, reason: text })),
  'turn-interrupted': thread(shape({ turnId: text, by: oneOf('user', 'restart') })),

  'message-sent': thread(shape({ messageId: text, turnId: text, role: oneOf('user', 'assistant'), text })),
  'message-extended': thread(shape({ messageId: text, text })),

  'checkpoint-captured': thread(shape({ checkpointId: text, turnId: text, files: listOf(text) })),

  'setting-changed': settings(shape({ name: text, value: text })),
  'setting-cleared': settings(shape({ name: text })),
}
