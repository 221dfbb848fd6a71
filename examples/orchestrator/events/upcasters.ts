import type { Upcaster } from '../../../src/index.js'
import type { EventKind } from './event-kind.js'
import { EVENT_NAMES, kindOf } from './events.js'

/** The steps from older payloads, as the store wants them; taken from the kinds. */
export const upcasters: readonly Upcaster[] = EVENT_NAMES.flatMap((name) => {
  const { upcasts }: EventKind = kindOf(name)
  return upcasts.map((upcast, index) => ({
    from: { name, version: index + 1 },
    to: { name, version: index + 2 },
    upcast: (payload: unknown) => upcast(payload as never),
  }))
})
