import { deflateSync, inflateSync } from 'node:zlib'
import { InvalidArgumentError, InvalidPayloadError, UnsupportedCodecError } from '../../src/errors/index.js'
import type { BytesCodec, Codec, CodecContext, JsonCodec } from '../../src/serialization/codec.js'
import { CodecRegistry } from '../../src/serialization/codec-registry.js'

const context: CodecContext = { aggregateType: 'order', aggregateId: 'o-1', name: 'placed' }

function tagged(version: number, label = 'tagged'): JsonCodec {
  return {
    label,
    version,
    format: 'json',
    encode: (payload) => JSON.stringify({ version, payload }),
    decode: (text) => (JSON.parse(text) as { payload: unknown }).payload,
  }
}

const zipped: BytesCodec = {
  label: 'zipped',
  version: 3,
  format: 'bytes',
  encode: (payload) => deflateSync(JSON.stringify(payload)),
  decode: (bytes) => JSON.parse(inflateSync(bytes).toString('utf8')) as unknown,
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('6.2 the codecs of a store', () => {
  it('6.2 know json version 1 without being told', () => {
    const codecs = new CodecRegistry([])
    expect(codecs.encode('json', { a: 1 }, context)).toEqual({
      text: '{"a":1}',
      codec: 'json',
      codecVersion: 1,
    })
    expect(codecs.decode({ text: '{"a":1}', codec: 'json', codecVersion: 1 }, context)).toEqual({ a: 1 })
  })

  it('6.2 write with the newest version of a label, in whatever order they were registered', () => {
    for (const order of [
      [1, 2, 3],
      [3, 1, 2],
    ]) {
      const codecs = new CodecRegistry(order.map((version) => tagged(version)))
      expect(codecs.encode('tagged', 'x', context)).toEqual({
        text: '{"version":3,"payload":"x"}',
        codec: 'tagged',
        codecVersion: 3,
      })
    }
  })

  it('6.2 read with the very version that wrote', () => {
    const codecs = new CodecRegistry([
      { ...tagged(1), decode: () => 'read by 1' },
      { ...tagged(2), decode: () => 'read by 2' },
    ])
    expect(codecs.decode({ text: 'null', codec: 'tagged', codecVersion: 1 }, context)).toBe('read by 1')
    expect(codecs.decode({ text: 'null', codec: 'tagged', codecVersion: 2 }, context)).toBe('read by 2')
  })

  it('6.2 a newer version of json takes over writing, and version 1 still reads', () => {
    const codecs = new CodecRegistry([tagged(2, 'json')])
    expect(codecs.encode('json', 1, context)).toMatchObject({ codec: 'json', codecVersion: 2 })
    expect(codecs.decode({ text: '[1]', codec: 'json', codecVersion: 1 }, context)).toEqual([1])
  })

  it('6.2 keep bytes as a base64 string of JSON', () => {
    const codecs = new CodecRegistry([zipped])
    const payload = { text: 'é💩'.repeat(100) }
    const encoded = codecs.encode('zipped', payload, context)
    expect(encoded).toMatchObject({ codec: 'zipped', codecVersion: 3 })
    expect(JSON.parse(encoded.text)).toMatch(/^[A-Za-z0-9+/]+=*$/)
    expect(codecs.decode(encoded, context)).toEqual(payload)
  })

  it('6.2 keep every byte, and only the bytes of a view into a larger buffer', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const raw: BytesCodec = {
      label: 'raw',
      version: 1,
      format: 'bytes',
      encode: (payload) => payload as Uint8Array,
      decode: (bytes) => Uint8Array.from(bytes),
    }
    const codecs = new CodecRegistry([raw])
    for (const bytes of [all, all.subarray(10, 20), new Uint8Array(0)]) {
      expect(codecs.decode(codecs.encode('raw', bytes, context), context)).toEqual(Uint8Array.from(bytes))
    }
  })

  it('6.2 are told the stream and the event, to choose a key by', () => {
    const told: CodecContext[] = []
    const curious: JsonCodec = {
      ...tagged(1),
      encode: (_, about) => {
        told.push(about)
        return 'null'
      },
      decode: (_, about) => void told.push(about),
    }
    const codecs = new CodecRegistry([curious])
    codecs.decode(codecs.encode('tagged', 1, context), context)
    expect(told).toEqual([context, context])
  })

  it('6.2 refuse an unknown label when writing, and list the known ones', () => {
    const error = thrownBy(() => new CodecRegistry([zipped]).encode('ziped', 1, context))
    expect(error).toBeInstanceOf(UnsupportedCodecError)
    expect(error).toMatchObject({
      codec: 'ziped',
      codecVersion: undefined,
      known: ["'json' 1", "'zipped' 3"],
      message: expect.stringContaining("'zipped' 3") as string,
    })
  })

  it.each([
    ['zipped', 2],
    ['zipped', 4],
    ['json', 2],
    ['other', 1],
    ['JSON', 1],
    ['toString', 1],
  ])('6.2 refuse the unknown pair %s %i when reading', (codec, codecVersion) => {
    const error = thrownBy(() =>
      new CodecRegistry([zipped]).decode({ text: '{"secret":1}', codec, codecVersion }, context),
    )
    expect(error).toBeInstanceOf(UnsupportedCodecError)
    expect(error).toMatchObject({ codec, codecVersion, code: 'UNSUPPORTED_CODEC', retryable: false })
    expect((error as Error).message).not.toContain('secret')
  })

  it('6.2 refuse the same label and version twice, json version 1 included', () => {
    expect(() => new CodecRegistry([tagged(1), tagged(1)])).toThrow(InvalidArgumentError)
    expect(() => new CodecRegistry([tagged(1), tagged(1)])).toThrow(/'tagged' version 1 is registered twice/)
    expect(() => new CodecRegistry([tagged(1, 'json')])).toThrow(/'json' version 1 is registered twice/)
  })

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53])('6.2 refuse the version %p', (version) => {
    expect(() => new CodecRegistry([tagged(version)])).toThrow(InvalidArgumentError)
  })

  it.each(['', '  ', 'a\0b', '\ud800', 'x'.repeat(256)])('6.2 refuse the label %j', (label) => {
    expect(() => new CodecRegistry([tagged(1, label)])).toThrow(InvalidArgumentError)
  })

  it('6.2 keep labels and versions apart that look alike when written together', () => {
    const codecs = new CodecRegistry([
      { ...tagged(1, '1 a'), decode: () => 'version 1 of 1 a' },
      { ...tagged(11, 'a'), decode: () => 'version 11 of a' },
      { ...tagged(1, 'a'), decode: () => 'version 1 of a' },
    ])
    expect(codecs.decode({ text: '', codec: '1 a', codecVersion: 1 }, context)).toBe('version 1 of 1 a')
    expect(codecs.decode({ text: '', codec: 'a', codecVersion: 11 }, context)).toBe('version 11 of a')
  })

  it('3.6 let what a codec refuses pass', () => {
    const codecs = new CodecRegistry([])
    expect(() => codecs.encode('json', { at: new Date() }, context)).toThrow(InvalidPayloadError)
  })

  it('6.2 of two stores do not know of each other', () => {
    const codecs: Codec[] = [zipped]
    const first = new CodecRegistry(codecs)
    codecs.length = 0
    const second = new CodecRegistry([])
    expect(first.encode('zipped', 1, context).codec).toBe('zipped')
    expect(() => second.encode('zipped', 1, context)).toThrow(UnsupportedCodecError)
  })
})
