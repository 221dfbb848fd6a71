import { StorageError } from '../errors/index.js'
import type { AppendOutcome, StreamChange } from '../model/stored.js'
import { exactVersion } from '../model/expected-version.js'
import { streamIdOf } from '../model/stream-identity.js'
import { afterLoopTurn, forgetLoopTurn } from '../runner/loop-turn.js'
import type { SharedCommit } from './changes.js'

/** What became of a commit that was sent with others. */
export type QueuedOutcome =
  | { readonly kind: 'committed'; readonly outcome: AppendOutcome }
  /** Nothing was written. Trying it by itself will show why; `done` has to be called afterwards. */
  | { readonly kind: 'alone'; done(): void }
  /** Another commit of this queue moved one of its streams on. Nothing was sent. */
  | { readonly kind: 'stale'; readonly stream: StreamChange; readonly actualVersion: number }
  /** Nobody said what became of it. */
  | { readonly kind: 'lost'; readonly cause: unknown }

/** What became of a statement that was sent. */
export type Sent =
  | { readonly kind: 'answered'; readonly outcomes: readonly AppendOutcome[] }
  /** Another writer got in the way of one of the commits; the same statement sees now what it wrote. */
  | { readonly kind: 'raced' }
  /** The statement failed because of one of the commits, or because of one that waited too long. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'lost'; readonly cause: unknown }

/** Sends commits together: all of them events alone, or all of them more. Rejects if the database could not be reached, so that nothing was written. */
export type Send = (commits: readonly SharedCommit[]) => Promise<Sent>

interface Waiting {
  readonly commit: SharedCommit
  readonly streams: readonly string[]
  readonly size: number
  resolve(outcome: QueuedOutcome): void
  reject(error: unknown): void
}

/** How much travels in one statement at most. A single commit may be larger. */
const BATCH = { commits: 128, size: 1_000_000 }

/** How much may be unanswered before more is refused, so that memory stays bounded when the database does not answer. */
const QUEUE = { commits: 10_000, size: 64_000_000 }

/** How far behind commits whose streams are taken more are looked for, once there is something to send. */
const LOOK_AHEAD = 4 * BATCH.commits

/** After this time a statement that was not answered keeps nobody from sending another. */
const PATIENCE_MS = 100

/** How often a statement is sent again that lost against other processes, before its commits go one by one. */
const RACES = 3

/**
 * Gathers commits while earlier ones are under way, and sends them together. A caller who is alone waits for nobody;
 * many callers share statements, and each gets its own outcome.
 *
 * Two commits of one stream never are under way at once: the second could not see the first. They go in the order in
 * which they came.
 */
export class CommitQueue {
  private waiting: Waiting[] = []
  /** Of all commits that nobody has heard of since, also those that are under way. */
  private readonly unanswered = { commits: 0, size: 0 }
  private readonly taken = new Set<string>()
  private readonly underWay = new Set<{ readonly since: number; readonly commits: number }>()
  private wakeUp: NodeJS.Immediate | undefined
  private timer: NodeJS.Timeout | undefined

  /** `lanes`: how many statements are under way at once. */
  constructor(
    private readonly send: Send,
    private readonly lanes: number,
  ) {}

  /** Rejects if too much is unanswered, or if the database cannot be reached: nothing was written then. */
  append(commit: SharedCommit): Promise<QueuedOutcome> {
    const size = sizeOf(commit)
    const { unanswered } = this
    if (unanswered.commits >= QUEUE.commits || unanswered.size >= QUEUE.size)
      return Promise.reject(overloaded(unanswered.commits))
    return new Promise((resolve, reject) => {
      this.waiting.push({ commit, streams: commit.changes.map(streamIdOf), size, resolve, reject })
      unanswered.commits++
      unanswered.size += size
      // Whoever comes while others are under way waits for those who come in the same moment.
      if (this.underWay.size === 0) this.sendWaiting()
      else this.sendSoon()
    })
  }

  private sendSoon(): void {
    if (this.waiting.length > 0) this.wakeUp ??= afterLoopTurn(() => this.sendWaiting())
  }

  private sendWaiting(): void {
    if (this.wakeUp !== undefined) forgetLoopTurn(this.wakeUp)
    this.wakeUp = undefined
    while (this.waiting.length > 0 && this.hasFreeLane()) {
      const batch = this.takeBatch()
      if (batch.length === 0) break
      void this.run(batch)
    }
    clearTimeout(this.timer)
    this.timer =
      this.waiting.length === 0 ? undefined : setTimeout(() => this.sendWaiting(), PATIENCE_MS).unref()
  }

  private hasFreeLane(): boolean {
    const old = performance.now() - PATIENCE_MS
    let young = 0
    for (const { since } of this.underWay) if (since > old) young++
    return young < this.lanes
  }

  /**
   * How many commits leave together: as many as make all lanes carry the same. Callers who were answered together come back
   * together, so that one lane would go on with all but a few for good, and the other with the few.
   */
  private fairShare(): number {
    let all = this.waiting.length
    for (const { commits } of this.underWay) all += commits
    return Math.min(BATCH.commits, Math.ceil(all / this.lanes))
  }

  /**
   * The next commits whose streams nobody else has under way, or waits for since earlier. Those that are events alone go by
   * themselves: of the others, one that fails fails all, which then go one by one.
   */
  private takeBatch(): Waiting[] {
    const batch: Waiting[] = []
    const passed: Waiting[] = []
    const blocked = new Set<string>()
    const most = this.fairShare()
    let size = 0
    let looked = 0
    for (const one of this.waiting) {
      // Whoever waits for a stream without end must not keep those behind from ever being seen.
      if (batch.length === most || (batch.length > 0 && looked >= LOOK_AHEAD)) break
      if (batch.length > 0 && size + one.size > BATCH.size) break
      looked++
      const isOther =
        batch.length > 0 && (batch[0]!.commit.extras === undefined) !== (one.commit.extras === undefined)
      if (isOther || one.streams.some((stream) => this.taken.has(stream) || blocked.has(stream))) {
        for (const stream of one.streams) blocked.add(stream)
        passed.push(one)
        continue
      }
      for (const stream of one.streams) this.taken.add(stream)
      size += one.size
      batch.push(one)
    }
    this.waiting = passed.concat(this.waiting.slice(looked))
    return batch
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const lane = { since: performance.now(), commits: batch.length }
    this.underWay.add(lane)
    const commits = batch.map(({ commit }) => commit)
    try {
      let sent = await this.send(commits)
      for (let races = 1; sent.kind === 'raced' && races < RACES && batch.length > 1; races++)
        sent = await this.send(commits)
      this.answer(batch, sent)
    } catch (error) {
      for (const one of batch) {
        this.giveBack(one)
        one.reject(error)
      }
    } finally {
      this.underWay.delete(lane)
      this.sendSoon()
    }
  }

  private answer(batch: readonly Waiting[], sent: Sent): void {
    // Where the streams are now that others wait for.
    const versions = this.waiting.length > 0 ? new Map<string, number>() : undefined
    batch.forEach((one, index) => {
      const outcome = sent.kind === 'answered' ? sent.outcomes[index] : undefined
      if (outcome?.accepted === true) {
        this.giveBack(one)
        if (versions !== undefined) noteVersions(versions, one, outcome)
        one.resolve({ kind: 'committed', outcome })
      } else if (sent.kind === 'lost') {
        this.giveBack(one)
        one.resolve(sent)
      } else {
        one.resolve({
          kind: 'alone',
          done: () => {
            this.giveBack(one)
            this.sendSoon()
          },
        })
      }
    })
    if (versions !== undefined) this.refuseStale(versions)
  }

  /** A stream never gets shorter, so whoever expects it to be cannot win any more. */
  private refuseStale(versions: ReadonlyMap<string, number>): void {
    if (versions.size === 0) return
    this.waiting = this.waiting.filter((one) => {
      const nth = one.streams.findIndex((stream, index) => {
        const expected = exactVersion(one.commit.changes[index]!.expectedVersion)
        return expected !== undefined && expected < (versions.get(stream) ?? 0)
      })
      if (nth === -1) return true
      this.unanswered.commits--
      this.unanswered.size -= one.size
      const stream = one.commit.changes[nth]!
      // Whether its message was handled before, only the database knows.
      if ((one.commit.extras?.marks.length ?? 0) > 0) one.resolve({ kind: 'alone', done: () => undefined })
      else one.resolve({ kind: 'stale', stream, actualVersion: versions.get(one.streams[nth]!)! })
      return false
    })
  }

  private giveBack({ streams, size }: Waiting): void {
    for (const stream of streams) this.taken.delete(stream)
    this.unanswered.commits--
    this.unanswered.size -= size
  }
}

function noteVersions(
  versions: Map<string, number>,
  { streams, commit }: Waiting,
  { versions: before }: AppendOutcome,
): void {
  commit.changes.forEach(({ events }, nth) => {
    if (events.length > 0) versions.set(streams[nth]!, before[nth]! + events.length)
  })
}

function sizeOf({ changes, extras }: SharedCommit): number {
  let size = 0
  for (const { events } of changes) {
    for (const { payload, metadata } of events) size += payload.text.length + metadata.length + 100
  }
  if (extras === undefined) return size
  for (const { payload } of [...extras.messages, ...extras.snapshots]) size += payload.text.length + 100
  return size + 100 * extras.marks.length
}

function overloaded(waiting: number): StorageError {
  return new StorageError(
    'append',
    `${waiting} commits are waiting for the database already, more than it can take. Nothing was written; try again later.`,
    true,
    'not-written',
  )
}
