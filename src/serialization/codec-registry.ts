import { InvalidArgumentError, InvalidPayloadError, UnsupportedCodecError } from '../errors/index.js'
import { problemWithName } from '../model/stream-identity.js'
import type { EncodedPayload } from '../model/stored.js'
import type { Codec, CodecContext } from './codec.js'
import { jsonCodec } from './json-codec.js'

/** The codecs of one store: `json` version 1 and what the host registered. */
export class CodecRegistry {
  private readonly byVersion = new Map<string, Codec>()
  private readonly newest = new Map<string, Codec>()

  constructor(codecs: readonly Codec[]) {
    for (const codec of [jsonCodec, ...codecs]) this.add(codec)
  }

  /** Encodes with the newest version registered under the label. */
  encode(label: string, payload: unknown, context: CodecContext): EncodedPayload {
    const codec = this.newest.get(label)
    if (codec === undefined) throw new UnsupportedCodecError(label, undefined, this.known())
    const text =
      codec.format === 'json'
        ? asJsonText(codec, codec.encode(payload, context))
        : JSON.stringify(Buffer.from(codec.encode(payload, context)).toString('base64'))
    return { text, codec: codec.label, codecVersion: codec.version }
  }

  decode(payload: EncodedPayload, context: CodecContext): unknown {
    const codec = this.byVersion.get(keyOf(payload.codec, payload.codecVersion))
    if (codec === undefined)
      throw new UnsupportedCodecError(payload.codec, payload.codecVersion, this.known())
    if (codec.format === 'json') return codec.decode(payload.text, context)
    return codec.decode(Buffer.from(JSON.parse(payload.text) as string, 'base64'), context)
  }

  private add(codec: Codec): void {
    const problem = problemWithName(codec.label)
    if (problem !== undefined) throw new InvalidArgumentError(`A codec's label ${problem}.`)
    if (!Number.isSafeInteger(codec.version) || codec.version < 1) {
      throw new InvalidArgumentError(
        `Codec '${codec.label}' has version ${codec.version}; it has to be 1, 2, 3 …`,
      )
    }
    const key = keyOf(codec.label, codec.version)
    if (this.byVersion.has(key)) {
      throw new InvalidArgumentError(`Codec '${codec.label}' version ${codec.version} is registered twice.`)
    }
    this.byVersion.set(key, codec)
    const newest = this.newest.get(codec.label)
    if (newest === undefined || newest.version < codec.version) this.newest.set(codec.label, codec)
  }

  private known(): string[] {
    return [...this.byVersion.values()].map(({ label, version }) => `'${label}' ${version}`)
  }
}

function keyOf(label: string, version: number): string {
  return `${version} ${label}`
}

/** A host's codec must give JSON that every database keeps as it is: SQLite stores a bare number as a number. */
function asJsonText(codec: Codec, text: string): string {
  if (codec === jsonCodec) return text
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new InvalidPayloadError(
      'payload',
      `was encoded by codec '${codec.label}' as something that is not JSON.`,
      { cause },
    )
  }
  if (typeof value === 'number' && JSON.stringify(value) !== text) {
    throw new InvalidPayloadError(
      'payload',
      `was encoded by codec '${codec.label}' as a number that would not read back the same.`,
    )
  }
  return text
}
