import * as errors from '../../src/errors/index.js'
import { SourcedError } from '../../src/errors/index.js'

const stream = { aggregateType: 'account', aggregateId: 'a"1' }
const streamId = '{"aggregateType":"account","aggregateId":"a\\"1"}'
const cause = new Error('the cause')

interface Expected {
  readonly error: SourcedError
  readonly code: string
  readonly retryable: boolean
  readonly fields: Record<string, unknown>
  readonly says: readonly string[]
  readonly keepsCause: boolean
}

/** One example of every error class, by the class's name. */
const examples: Record<string, Expected> = {
  AggregateNotFoundError: {
    error: new errors.AggregateNotFoundError(stream),
    code: 'AGGREGATE_NOT_FOUND',
    retryable: false,
    fields: { ...stream, streamId },
    says: [streamId, 'no aggregate', 'Nothing was written', 'orCreate'],
    keepsCause: false,
  },
  ConcurrentWriteError: {
    error: new errors.ConcurrentWriteError(stream, 3, 4, { cause }),
    code: 'CONCURRENT_WRITE',
    retryable: true,
    fields: { ...stream, streamId, expectedVersion: 3, actualVersion: 4 },
    says: [streamId, 'version 3', 'is at 4', 'Nothing was written', 'retryOnConflict'],
    keepsCause: true,
  },
  DuplicateStreamError: {
    error: new errors.DuplicateStreamError(stream),
    code: 'DUPLICATE_STREAM',
    retryable: false,
    fields: { ...stream, streamId },
    says: [streamId, 'twice', 'Nothing was written'],
    keepsCause: false,
  },
  InvalidStreamIdentityError: {
    error: new errors.InvalidStreamIdentityError('aggregateId', 'is blank'),
    code: 'INVALID_STREAM_IDENTITY',
    retryable: false,
    fields: { part: 'aggregateId', problem: 'is blank' },
    says: ['aggregateId is blank', 'well-formed', '255 characters'],
    keepsCause: false,
  },
  InvalidArgumentError: {
    error: new errors.InvalidArgumentError('limit is 0.', { cause }),
    code: 'INVALID_ARGUMENT',
    retryable: false,
    fields: {},
    says: ['limit is 0.'],
    keepsCause: true,
  },
  InvalidPayloadError: {
    error: new errors.InvalidPayloadError('payload.a[1]', 'is a BigInt.', { cause }),
    code: 'INVALID_PAYLOAD',
    retryable: false,
    fields: { path: 'payload.a[1]', problem: 'is a BigInt.' },
    says: ['payload.a[1] is a BigInt.'],
    keepsCause: true,
  },
  UnsupportedCodecError: {
    error: new errors.UnsupportedCodecError('zipped', 2, ["'json' 1", "'zipped' 1"]),
    code: 'UNSUPPORTED_CODEC',
    retryable: false,
    fields: { codec: 'zipped', codecVersion: 2, known: ["'json' 1", "'zipped' 1"] },
    says: ["'zipped' version 2", "'json' 1, 'zipped' 1", "'codecs'"],
    keepsCause: false,
  },
  ReplayError: {
    error: new errors.ReplayError(stream, 7, 'cannot be applied.', { cause }),
    code: 'REPLAY',
    retryable: false,
    fields: { ...stream, streamId, sequence: 7 },
    says: ['Event 7', streamId, 'cannot be applied.'],
    keepsCause: true,
  },
  UpcastError: {
    error: new errors.UpcastError('opened', 2, 'failed.', { cause }),
    code: 'UPCAST',
    retryable: false,
    fields: { eventName: 'opened', eventVersion: 2 },
    says: ["'opened' version 2 failed."],
    keepsCause: true,
  },
  SchemaError: {
    error: new errors.SchemaError(
      ['table a does not exist', 'table b has no column c'],
      'Run the migrations.',
    ),
    code: 'SCHEMA',
    retryable: false,
    fields: {
      problems: ['table a does not exist', 'table b has no column c'],
      cure: 'Run the migrations.',
    },
    says: ['table a does not exist; table b has no column c', 'Run the migrations.'],
    keepsCause: false,
  },
  StorageError: {
    error: new errors.StorageError('append', 'The connection broke.', true, 'unknown', { cause }),
    code: 'STORAGE',
    retryable: true,
    fields: { operation: 'append', outcome: 'unknown' },
    says: ['append: The connection broke.'],
    keepsCause: true,
  },
  FeedStalledError: {
    error: new errors.FeedStalledError(41, 5_000, [17, 18]),
    code: 'FEED_STALLED',
    retryable: true,
    fields: { settledPosition: 41, waitedMs: 5_000, sessions: [17, 18] },
    says: ['position 41', '17, 18', '5000 ms', 'settleTimeoutMs'],
    keepsCause: false,
  },
  DuplicateMessageError: {
    error: new errors.DuplicateMessageError('mailer', 'm-1', new Date(0)),
    code: 'DUPLICATE_MESSAGE',
    retryable: false,
    fields: { consumer: 'mailer', messageId: 'm-1', processedAt: new Date(0) },
    says: ["'mailer'", "'m-1'", '1970-01-01', 'Nothing was written', 'handleOnce'],
    keepsCause: false,
  },
  DuplicateOutboxMessageError: {
    error: new errors.DuplicateOutboxMessageError('m-1'),
    code: 'DUPLICATE_OUTBOX_MESSAGE',
    retryable: false,
    fields: { messageId: 'm-1' },
    says: ["'m-1'", 'Nothing was written', 'id of its own'],
    keepsCause: false,
  },
  OutboxClaimError: {
    error: new errors.OutboxClaimError('m-1', 'worker-1', 2),
    code: 'OUTBOX_CLAIM',
    retryable: false,
    fields: { messageId: 'm-1', worker: 'worker-1', attempt: 2 },
    says: ["'worker-1'", 'attempt 2', "'m-1'", 'Nothing was changed', 'longer lease'],
    keepsCause: false,
  },
  LockTimeoutError: {
    error: new errors.LockTimeoutError(streamId, 250),
    code: 'LOCK_TIMEOUT',
    retryable: true,
    fields: { lockKey: streamId, timeoutMs: 250 },
    says: [streamId, '250 ms', 'not started'],
    keepsCause: false,
  },
  ReadModelConflictError: {
    error: new errors.ReadModelConflictError('balances', { id: 'a' }, 3, 4),
    code: 'READ_MODEL_CONFLICT',
    retryable: true,
    fields: { table: 'balances', key: { id: 'a' }, expectedVersion: 3, actualVersion: 4 },
    says: ['{"id":"a"}', 'balances', 'at version 3', 'is at version 4', 'Nothing was written'],
    keepsCause: false,
  },
  ReadModelNotFoundError: {
    error: new errors.ReadModelNotFoundError('balances', { id: 'a' }, 3),
    code: 'READ_MODEL_NOT_FOUND',
    retryable: false,
    fields: { table: 'balances', key: { id: 'a' }, expectedVersion: 3 },
    says: ['{"id":"a"}', 'balances', 'version 3', 'Nothing was written', 'upsert'],
    keepsCause: false,
  },
  ReadModelPlanError: {
    error: new errors.ReadModelPlanError('Balance', 'owner', 'cannot be null.'),
    code: 'READ_MODEL_PLAN',
    retryable: false,
    fields: { entity: 'Balance', property: 'owner' },
    says: ['Balance.owner', 'cannot be null', 'Nothing was written'],
    keepsCause: false,
  },
}

describe('5.3 every error of the module', () => {
  it('5.3 has an example here', () => {
    const classes = Object.keys(errors).filter((name) => name !== 'SourcedError')
    expect(Object.keys(examples).sort()).toEqual(classes.sort())
  })

  it('5.3 has a code of its own', () => {
    const codes = Object.values(examples).map(({ error }) => error.code)
    expect(new Set(codes).size).toBe(codes.length)
    for (const code of codes) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
  })

  it.each(Object.entries(examples))(
    '5.3 %s: code, retryable, name, facts, cause and message',
    (name, example) => {
      const { error, code, retryable, fields, says, keepsCause } = example
      expect(error).toBeInstanceOf(SourcedError)
      expect(error).toBeInstanceOf(Error)
      expect(error.constructor.name).toBe(name)
      expect(error.name).toBe(name)
      expect(error.code).toBe(code)
      expect(error.retryable).toBe(retryable)
      expect(error).toMatchObject(fields)
      if (keepsCause) expect(error.cause).toBe(cause)
      for (const part of says) expect(error.message).toContain(part)
      expect(error.message).not.toMatch(/undefined|\[object/)
      expect(error.stack).toContain(name)
    },
  )

  it.each(Object.entries(examples))('5.3 %s shows its facts in a log that prints JSON', (_, example) => {
    const logged = JSON.parse(JSON.stringify(example.error)) as object
    const fields = JSON.parse(JSON.stringify(example.fields)) as object
    expect(logged).toMatchObject({ code: example.code, retryable: example.retryable, ...fields })
  })

  it('5.3 says an expected version the way it was written', () => {
    for (const [expected, words] of [
      [0, 'at version 0 and'],
      ['no-stream', `at version 'no-stream' and`],
      ['stream-exists', `at version 'stream-exists' and`],
    ] as const) {
      expect(new errors.ConcurrentWriteError(stream, expected, 2).message).toContain(words)
    }
  })

  it('5.3 without a cause has no property cause', () => {
    expect('cause' in new errors.InvalidArgumentError('x')).toBe(false)
    expect('cause' in new errors.ConcurrentWriteError(stream, 1, 2)).toBe(false)
  })

  it('5.3 about a codec unknown for writing names no version', () => {
    const error = new errors.UnsupportedCodecError('zipped', undefined, ["'json' 1"])
    expect(error.message).toMatch(/^No codec 'zipped' is registered/)
  })
})
