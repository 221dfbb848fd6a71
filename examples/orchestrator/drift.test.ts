import { EventStore } from '../../src/index.js'
import { DecodingError } from './events/decoder.js'
import type { EventKind } from './events/event-kind.js'
import { versionOf } from './events/event-kind.js'
import { event, EVENT_NAMES, kindOf, readEvent, UnreadableEventError } from './events/events.js'
import type { EventName, NewFact, PayloadOf } from './events/events.js'
import { KINDS } from './events/kinds.js'
import type { Orchestrator } from './orchestrator.js'
import { handlers } from './read-model/handlers.js'
import { eventsOf } from './testing/contents.js'
import { TestFolder } from './testing/test-folder.js'

/** A payload of every kind. A kind that is missing here does not compile. */
const SAMPLES: { readonly [Name in EventName]: PayloadOf<Name> } = {
  'project-created': { title: 'P', folder: '/' },
  'project-renamed': { title: 'P 2' },
  'thread-started': { projectId: 'p', title: 'T', model: 'm' },
  'thread-renamed': { title: 'T 2' },
  'thread-model-changed': { model: 'quick' },
  'turn-started': { turnId: 'u', number: 1 },
  'message-sent': { messageId: 'm', turnId: 'u', role: 'user', text: 'Hi' },
  'message-extended': { messageId: 'm', text: ' there' },
  'turn-completed': { turnId: 'u', tokens: { read: 1, written: 2 } },
  'turn-failed': { turnId: 'u', reason: 'because' },
  'turn-interrupted': { turnId: 'u', by: 'user' },
  'checkpoint-captured': { checkpointId: 'c', turnId: 'u', files: ['a.ts', 'b.ts'] },
  'thread-rewound': { checkpointId: 'c', toTurn: 1 },
  'thread-archived': null,
  'project-archived': null,
  'setting-changed': { name: 'model', value: 'quick' },
  'setting-cleared': { name: 'model' },
}
const SAMPLE_NAMES = Object.keys(SAMPLES) as EventName[]
const STREAM_IDS = { project: 'p', thread: 't', settings: 'settings' } as const

/** The sample of a kind as a fact. The types are those of the literal names above. */
function sample(name: EventName): NewFact {
  const kind: EventKind = kindOf(name)
  const payload = SAMPLES[name]
  const record = event as (name: EventName, id: string, ...payload: unknown[]) => NewFact
  return record(name, STREAM_IDS[kind.stream], ...(payload === null ? [] : [payload]))
}

let folder: TestFolder
let app: Orchestrator

beforeEach(async () => {
  folder = new TestFolder()
  app = await folder.open()
})
afterEach(() => folder.remove())

/** A store that knows neither kinds nor read models: what another program, or an older one, might write. */
async function writeForeign(
  name: string,
  payload: unknown,
  version = 1,
  aggregateType = 'thread',
): Promise<void> {
  const foreign = new EventStore(app.dataSource)
  const events = [{ name, payload, version }]
  await foreign.append({ aggregateType, aggregateId: 't', expectedVersion: 'any', events })
}

test('there are seventeen kinds, each with its name, version, decoder and handler', () => {
  expect(EVENT_NAMES).toHaveLength(17)
  expect([...EVENT_NAMES].sort()).toEqual([...SAMPLE_NAMES].sort())
  expect(Object.keys(handlers).sort()).toEqual([...EVENT_NAMES].sort())
})

test('what is stored under event_name is what the payload decodes by, for every kind', async () => {
  await app.log.append(SAMPLE_NAMES.map(sample))
  const rows = await app.dataSource.query<StoredRow[]>(
    'select event_name, event_version, aggregate_type, payload from aggregate_events order by position',
  )
  expect(rows.map((row) => row.event_name).sort()).toEqual([...EVENT_NAMES].sort())
  for (const { event_name, event_version, aggregate_type, payload } of rows) {
    const kind: EventKind = kindOf(event_name)
    expect(kind).toBe(KINDS[event_name])
    expect({ event_version, aggregate_type }).toEqual({
      event_version: versionOf(kind),
      aggregate_type: kind.stream,
    })
    expect(kind.decode(JSON.parse(payload))).toEqual(SAMPLES[event_name])
  }
  for (const { name, payload } of await eventsOf(app)) expect(payload).toEqual(SAMPLES[name])
})

test.each(SAMPLE_NAMES)('%s is not read by the decoder of a kind of another shape', (name) => {
  for (const other of EVENT_NAMES) {
    const kind: EventKind = kindOf(other)
    let read: unknown
    try {
      read = kind.decode(SAMPLES[name])
    } catch (error) {
      expect(error).toBeInstanceOf(DecodingError)
      continue
    }
    // Kinds of one shape can read each other's payloads, and read the same in them.
    expect(read).toEqual(SAMPLES[name])
  }
})

describe('a name that is not declared', () => {
  test('does not compile, and is refused if it comes all the same', () => {
    // @ts-expect-error -- misspelt
    expect(() => event('project-creatd', 'p', { title: 'P', folder: '/' })).toThrow(TypeError)
    // @ts-expect-error -- a property of Object.prototype is no event either
    expect(() => event('toString', 'p')).toThrow(`No event is called 'toString'`)
    expect(() => kindOf('constructor' as EventName)).toThrow(TypeError)
  })

  test('does not compile as a handler', () => {
    type Handlers = typeof handlers
    // @ts-expect-error -- misspelt
    const misspelt: Partial<Handlers> = { 'project-creatd': () => undefined }
    // @ts-expect-error -- one is missing
    const missing: Handlers = { ...handlers, 'project-created': undefined }
    expect([misspelt, missing]).toHaveLength(2)
  })

  test('stops a replay', async () => {
    await app.settings.change('model', 'quick')
    await writeForeign('thread-painted', { colour: 'red' })
    const replay = eventsOf(app)
    await expect(replay).rejects.toThrow(UnreadableEventError)
    await expect(replay).rejects.toMatchObject({ eventName: 'thread-painted', position: 2 })
    await expect(app.rebuild()).rejects.toThrow('there is no such kind')
  })
})

describe('a payload that its decoder does not read', () => {
  test('does not compile, and is refused before it is stored', async () => {
    // @ts-expect-error -- a property is missing
    expect(() => event('project-created', 'p', { title: 'P' })).toThrow('payload.folder is not a text')
    // @ts-expect-error -- one too many
    const tooMuch = () => event('project-renamed', 'p', { title: 'P', colour: 'red' })
    expect(tooMuch).toThrow('payload.colour is not known')
    // @ts-expect-error -- none of the values
    expect(() => event('turn-interrupted', 't', { turnId: 'u', by: 'god' })).toThrow(DecodingError)
    // @ts-expect-error -- it has none
    expect(() => event('thread-archived', 't', { now: true })).toThrow('payload has to be null')
    // @ts-expect-error -- it needs one
    expect(() => event('thread-renamed', 't')).toThrow('payload is not an object')
    expect(await eventsOf(app)).toEqual([])
  })

  test.each([
    ['thread-renamed', { title: 7 }, 1, 'thread', 'payload.title is not a text'],
    [
      'checkpoint-captured',
      { checkpointId: 'c', turnId: 'u', files: ['a', null] },
      1,
      'thread',
      'payload.files[1]',
    ],
    ['turn-started', { turnId: 'u', number: -1 }, 1, 'thread', 'payload.number is not a whole number'],
    ['thread-renamed', { title: 'T' }, 2, 'thread', 'it has version 2'],
    ['thread-renamed', { title: 'T' }, 1, 'project', `it stands in a stream of type 'project'`],
  ] as const)('stops a replay: %s %j', async (name, payload, version, stream, problem) => {
    await writeForeign(name, payload, version, stream)
    await expect(eventsOf(app)).rejects.toThrow(UnreadableEventError)
    await expect(eventsOf(app)).rejects.toThrow(problem)
  })

  test('its message names the place and not the value', () => {
    const recorded = {
      name: 'thread-renamed',
      payload: { title: ['secret'] },
      version: 1,
      aggregateType: 'thread',
    }
    expect(() => readEvent({ ...recorded, position: 1 } as never)).toThrow(
      /^Event 1 of the log, 'thread-renamed': payload.title is not a text\.$/,
    )
  })
})

test('events of an older version are read as the newest', async () => {
  await writeForeign('turn-completed', { turnId: 'u', tokens: 40 })
  expect(await eventsOf(app)).toMatchObject([
    { name: 'turn-completed', version: 2, payload: { turnId: 'u', tokens: { read: 0, written: 40 } } },
  ])
})

interface StoredRow {
  readonly event_name: EventName
  readonly event_version: number
  readonly aggregate_type: string
  readonly payload: string
}
