import type { Decoder } from './decoder.js'

/** The streams of this application: one a project, one a thread, one for all settings. */
export type StreamType = 'project' | 'thread' | 'settings'

/** Brings a payload of one version to the next. */
export type Upcast = (older: never) => unknown

/** Everything there is to know about one kind of event, except its name, which is the key it stands under. */
export interface EventKind<Payload = unknown> {
  readonly stream: StreamType
  /** Reads a payload of the newest version. Its type is the payload's type. */
  readonly decode: Decoder<Payload>
  /** From version 1 to 2, from 2 to 3 … */
  readonly upcasts: readonly Upcast[]
}

/** Gives the function that declares the kinds of events of one type of stream. */
export function kindsOf(stream: StreamType) {
  return <Payload>(decode: Decoder<Payload>, ...upcasts: readonly Upcast[]): EventKind<Payload> => ({
    stream,
    decode,
    upcasts,
  })
}

/** The version that is written today. Nobody has to remember to raise it: every step adds one. */
export function versionOf({ upcasts }: EventKind): number {
  return upcasts.length + 1
}
