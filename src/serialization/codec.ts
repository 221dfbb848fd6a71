import type { StreamIdentity } from '../model/stream-identity.js'

/** What a codec is told beside the payload, for instance to choose a key. */
export interface CodecContext extends StreamIdentity {
  /** The event's name, or the snapshot's type. */
  readonly name: string
}

interface CodecIdentity {
  /** Stored beside every payload; never reuse it for another encoding. */
  readonly label: string
  /** Raise it when the encoding changes, and keep the old version registered for reading. */
  readonly version: number
}

/** A codec whose encoded form is JSON text, stored and queryable as it is. */
export interface JsonCodec extends CodecIdentity {
  readonly format: 'json'
  encode(payload: unknown, context: CodecContext): string
  decode(text: string, context: CodecContext): unknown
}

/** A codec whose encoded form is bytes, stored as a base64 JSON string: encryption, compression. */
export interface BytesCodec extends CodecIdentity {
  readonly format: 'bytes'
  encode(payload: unknown, context: CodecContext): Uint8Array
  decode(bytes: Uint8Array, context: CodecContext): unknown
}

/**
 * Turns payloads into what is stored and back. Register codecs with the store's option `codecs`; choose one per
 * aggregate, per event declaration or per appended event by its label. The newest registered version of a label
 * writes; every registered version reads.
 *
 * @example
 * const zipped: Codec = {
 *   label: 'zipped', version: 1, format: 'bytes',
 *   encode: (payload) => deflateSync(JSON.stringify(payload)),
 *   decode: (bytes) => JSON.parse(inflateSync(bytes).toString('utf8')),
 * }
 */
export type Codec = JsonCodec | BytesCodec
