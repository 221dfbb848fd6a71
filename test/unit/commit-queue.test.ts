import { setImmediate as nextTurn } from 'node:timers/promises'
import { CommitQueue } from '../../src/commit/commit-queue.js'
import type { QueuedOutcome, Sent } from '../../src/commit/commit-queue.js'
import { StorageError } from '../../src/errors/index.js'
import type { SharedCommit } from '../../src/commit/changes.js'
import type { AppendOutcome } from '../../src/model/stored.js'

const accepted: AppendOutcome = { accepted: true, versions: [0], positions: [1], recordedAt: new Date(0) }
const refused: AppendOutcome = { ...accepted, accepted: false }

/** A commit of one event to each of the streams, with a payload of some characters. */
function commit(streams: string, length = 10): SharedCommit {
  const payload = { text: 'x'.repeat(length), codec: 'json', codecVersion: 1 }
  const events = [{ name: 'happened', version: 1, payload, metadata: '{}' }]
  return {
    commitId: streams,
    extras: undefined,
    changes: Array.from(streams, (aggregateId) => ({
      aggregateType: 'a',
      aggregateId,
      expectedVersion: 'any',
      events,
    })),
  }
}

/** A queue whose statements are answered by hand, in the order in which they were sent. */
class Wire {
  readonly sent: string[] = []
  private readonly answers: ((sent: Sent | Error) => void)[] = []
  readonly queue: CommitQueue

  constructor(lanes = 2) {
    this.queue = new CommitQueue((commits) => {
      this.sent.push(commits.map(({ commitId }) => commitId).join(' '))
      return new Promise((resolve, reject) => {
        this.answers.push((sent) => {
          if (sent instanceof Error) reject(sent)
          else resolve(sent)
        })
      })
    }, lanes)
  }

  append(...streams: string[]): Promise<QueuedOutcome>[] {
    return streams.map((each) => this.queue.append(commit(each)))
  }

  async answer(sent?: Sent | Error): Promise<void> {
    const commits = this.sent[this.sent.length - this.answers.length]!.split(' ').length
    this.answers.shift()!(
      sent ?? { kind: 'answered', outcomes: Array<AppendOutcome>(commits).fill(accepted) },
    )
    await nextTurn()
    await nextTurn()
  }
}

describe('3.12 the queue of commits', () => {
  // Statements grow old only when a test says so.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }))
  afterEach(() => jest.useRealTimers())

  it('sends the first at once, and those that come meanwhile together', async () => {
    const wire = new Wire()
    const all = wire.append('a', 'b', 'c')
    expect(wire.sent).toEqual(['a'])
    await nextTurn()
    expect(wire.sent).toEqual(['a', 'b c'])
    all.push(...wire.append('d', 'e'))
    await nextTurn()
    expect(wire.sent).toEqual(['a', 'b c'])
    await wire.answer()
    expect(wire.sent).toEqual(['a', 'b c', 'd e'])
    await wire.answer()
    await wire.answer()
    expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(Array(5).fill('committed'))
  })

  it('gives all lanes the same share, though those who were answered together come back together', async () => {
    const wire = new Wire()
    const streams = Array.from({ length: 64 }, (_, index) => String.fromCodePoint(0x4e00 + index))
    const sizes = (): number[] => wire.sent.map((each) => each.split(' ').length)
    const callers = streams.map(async (stream) => {
      for (let count = 0; count < 4; count++) await wire.queue.append(commit(stream))
    })
    await nextTurn()
    expect(sizes()).toEqual([1, 32])
    for (let answers = 0; answers < 9; answers++) await wire.answer()
    expect(sizes().slice(1, 8)).toEqual(Array(7).fill(32))
    expect(sizes().reduce((sum, size) => sum + size)).toBe(256)
    await Promise.all(callers)
  })

  it('never has two commits of one stream under way, and keeps their order', async () => {
    const wire = new Wire()
    void wire.append('a', 'ab', 'b', 'c')
    await nextTurn()
    // 'b' came after 'ab', which waits for 'a'.
    expect(wire.sent).toEqual(['a', 'c'])
    await wire.answer()
    expect(wire.sent).toEqual(['a', 'c', 'ab'])
    await wire.answer()
    await wire.answer()
    expect(wire.sent).toEqual(['a', 'c', 'ab', 'b'])
  })

  it('refuses at once what expects a stream to be shorter than it is', async () => {
    const wire = new Wire()
    const at = (expectedVersion: number): Promise<QueuedOutcome> => {
      const { changes } = commit('a')
      return wire.queue.append({
        commitId: `a${expectedVersion}`,
        extras: undefined,
        changes: [{ ...changes[0]!, expectedVersion }],
      })
    }
    const all = [at(0), at(0), at(1), at(0), at(2)]
    await wire.answer()
    expect(await all[1]).toMatchObject({ kind: 'stale', actualVersion: 1 })
    expect(await all[3]).toMatchObject({ kind: 'stale', actualVersion: 1 })
    // What expects it to be longer may come when it is.
    expect(wire.sent).toEqual(['a0', 'a1'])
  })

  it('gives each commit its own outcome', async () => {
    const wire = new Wire()
    const [, b, c] = wire.append('a', 'b', 'c')
    await nextTurn()
    await wire.answer()
    await wire.answer({ kind: 'answered', outcomes: [refused, accepted] })
    expect((await c!).kind).toBe('committed')
    const alone = await b!
    // Whoever goes alone keeps its stream until it is done.
    void wire.append('d', 'b')
    await nextTurn()
    expect(wire.sent.slice(2)).toEqual(['d'])
    if (alone.kind === 'alone') alone.done()
    await nextTurn()
    expect(wire.sent.slice(2)).toEqual(['d', 'b'])
  })

  it('sends a statement again that another writer was in the way of, and takes it apart at last', async () => {
    const wire = new Wire(1)
    const [, b, c] = wire.append('a', 'b', 'c')
    await wire.answer()
    for (let race = 0; race < 3; race++) await wire.answer({ kind: 'raced' })
    expect(wire.sent).toEqual(['a', 'b c', 'b c', 'b c'])
    expect([(await b!).kind, (await c!).kind]).toEqual(['alone', 'alone'])
  })

  it('takes a statement apart that failed', async () => {
    const wire = new Wire(1)
    const [, b, c] = wire.append('a', 'b', 'c')
    await wire.answer()
    await wire.answer({ kind: 'refused' })
    expect([(await b!).kind, (await c!).kind]).toEqual(['alone', 'alone'])
  })

  it('tells everybody when the database is gone, and goes on', async () => {
    const wire = new Wire(1)
    const [a, b, c] = wire.append('a', 'b', 'c')
    await wire.answer({ kind: 'lost', cause: 'cut' })
    expect(await a!).toEqual({ kind: 'lost', cause: 'cut' })
    const gone = new Error('gone')
    await Promise.all([wire.answer(gone), expect(b!).rejects.toBe(gone), expect(c!).rejects.toBe(gone)])
    const [later] = wire.append('a')
    await wire.answer()
    expect((await later!).kind).toBe('committed')
  })

  it('does not let statements without an answer keep others waiting', async () => {
    const wire = new Wire()
    void wire.append('a', 'b', 'c')
    await nextTurn()
    void wire.append('d')
    await nextTurn()
    expect(wire.sent).toEqual(['a', 'b c'])
    jest.advanceTimersByTime(150)
    expect(wire.sent).toEqual(['a', 'b c', 'd'])
  })

  it('finds what can be sent behind any number of commits of a stream that is taken', async () => {
    const wire = new Wire()
    void wire.append(...Array<string>(2_000).fill('a'), 'b')
    await nextTurn()
    expect(wire.sent).toEqual(['a', 'b'])
  })

  it('keeps statements small', async () => {
    const wire = new Wire(1)
    void wire.append('a')
    const many = Array.from({ length: 300 }, (_, index) => String.fromCodePoint(0x4e00 + index))
    void wire.append(...many)
    await wire.answer()
    expect(wire.sent[1]!.split(' ')).toHaveLength(128)
    const large = new Wire(1)
    void large.append('a')
    for (const each of ['b', 'c', 'd']) void large.queue.append(commit(each, 600_000))
    await large.answer()
    await large.answer()
    expect(large.sent).toEqual(['a', 'b', 'c'])
  })

  it('refuses more when the database does not answer, and takes more once it does', async () => {
    const wire = new Wire(1)
    const all = Array.from({ length: 10_000 }, () => wire.queue.append(commit('a')))
    // Those that are under way count as well: otherwise all would be, while the database does not answer.
    await expect(wire.queue.append(commit('b'))).rejects.toThrow(StorageError)
    await wire.answer()
    await wire.answer()
    expect((await all[1]!).kind).toBe('committed')
    void wire.queue.append(commit('b'))
    const large = new Wire(1)
    void large.append('a')
    const refusals: unknown[] = []
    for (let count = 0; count < 70; count++) {
      large.queue.append(commit('b', 1_000_000)).catch((error: unknown) => refusals.push(error))
    }
    await nextTurn()
    expect(refusals).toHaveLength(6)
  })
})
