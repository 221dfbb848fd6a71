import type { QueryRunner } from 'typeorm'
import type { Row, Statement } from '../sql/statement.js'
import { PostgresClient } from './postgres-client.js'
import type { Sending } from './postgres-client.js'
import type { StatementClient } from './run-statement.js'
import { runStatement } from './run-statement.js'

/** What steps that run together want to send. */
interface Gathered {
  readonly sendings: Sending[]
  /** Steps that have sent nothing, and will not. */
  readonly silent: Promise<unknown>[]
  isClosed: boolean
}

/** How statements reach the database on one connection: one by one, or several at once where the driver can. */
export class Sender {
  /** Goes ahead of the next statement. */
  private opening: Statement<unknown> | undefined
  private gathered: Gathered | undefined
  private oneByOne = false
  private hasSentTogether = false
  private hasEnded = false
  private turn: Promise<unknown> | undefined

  constructor(
    private readonly runner: QueryRunner,
    /** The client to prepare statements on; `undefined` sends them through TypeORM. */
    private readonly client: StatementClient | undefined,
  ) {}

  private get batching(): PostgresClient | undefined {
    return this.client instanceof PostgresClient ? this.client : undefined
  }

  /** Whether steps that run together are sent together. */
  get canBatch(): boolean {
    return !this.oneByOne && this.batching?.canBatch === true
  }

  /** From now on the answer to each statement is waited for before the next one is sent. */
  sendOneByOne(): void {
    this.oneByOne = true
  }

  /** Whether a statement still waits to go ahead of the next one. */
  get isUnopened(): boolean {
    return this.opening !== undefined
  }

  /** Has a statement go ahead of the next one, and with it where that is possible: without it, the next does not run. */
  async open(statement: Statement<unknown>): Promise<void> {
    if (this.canBatch) this.opening = statement
    else await this.send(statement)
  }

  /** Sends what still waits to go ahead. */
  async flush(): Promise<void> {
    const { opening } = this
    this.opening = undefined
    if (opening !== undefined) await this.send(opening)
  }

  send<Result>(statement: Statement<Result>): Promise<Result> {
    if (this.gathered === undefined && this.opening === undefined && !this.hasEnded)
      return this.inTurn(() => runStatement(this.runner, statement, this.client))
    return this.sendWithOthers(statement)
  }

  private async sendWithOthers<Result>(statement: Statement<Result>): Promise<Result> {
    if (this.hasEnded) throw new Error(`'${statement.operation}' comes after the end of its transaction`)
    if (this.gathered?.isClosed === true)
      throw new Error(`'${statement.operation}' comes too late to go with the others`)
    const rows = await new Promise<readonly Row[]>((resolve, reject) => {
      const sending = { statement, resolve, reject }
      if (this.gathered !== undefined) this.gathered.sendings.push(sending)
      else this.sendTogether([sending])
    })
    return statement.decode(rows)
  }

  /**
   * Runs steps that need nothing of each other's answers, in their order. Where the driver can, their first statements are
   * sent at once. Throws the error of the first step that failed, once all have ended. `ending`: goes behind them, and
   * nothing can follow.
   */
  async together<Results extends readonly unknown[]>(
    steps: { readonly [Step in keyof Results]: () => Promise<Results[Step]> },
    ending?: Statement<void>,
  ): Promise<Results> {
    const results = this.canBatch ? await this.runAtOnce(steps, ending) : await runInOrder(steps)
    return results as unknown as Results
  }

  /** Whether statements went out before those ahead of them were answered. */
  get sentTogether(): boolean {
    return this.hasSentTogether
  }

  private async runAtOnce(
    steps: readonly (() => Promise<unknown>)[],
    ending: Statement<void> | undefined,
  ): Promise<unknown[]> {
    const isOutermost = this.gathered === undefined
    const gathered = (this.gathered ??= { sendings: [], silent: [], isClosed: false })
    const running = steps.map((step) => {
      const before = gathered.sendings.length
      const result = step()
      if (gathered.sendings.length === before) gathered.silent.push(result)
      return result
    })
    if (isOutermost) {
      await this.assertReady(gathered, running)
      if (ending !== undefined) {
        running.push(this.send(ending))
        this.hasEnded = true
      }
      this.gathered = undefined
      if (gathered.sendings.length > 0) this.sendTogether(gathered.sendings)
    }
    const settled = await Promise.allSettled(running)
    const failed = settled.find(({ status }) => status === 'rejected')
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
    return Promise.all(running)
  }

  /** A step that fails before it has sent anything keeps all of them from being sent. Throws its error. */
  private async assertReady(gathered: Gathered, running: readonly Promise<unknown>[]): Promise<void> {
    const { sendings, silent } = gathered
    gathered.isClosed = true
    const failed = (await Promise.allSettled(silent)).find(({ status }) => status === 'rejected')
    gathered.isClosed = false
    if (failed === undefined) return
    this.gathered = undefined
    const reason = (failed as PromiseRejectedResult).reason as unknown
    for (const { reject } of sendings) reject(reason)
    await Promise.allSettled(running)
    throw reason
  }

  /** Steps that go on after they were sent together do so one by one: pg wants its queries awaited. */
  private inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    if (!this.hasSentTogether) return run()
    const result = (this.turn ?? Promise.resolve()).then(run)
    this.turn = result.catch(() => undefined)
    return result
  }

  private sendTogether(sendings: readonly Sending[]): void {
    const { opening } = this
    this.opening = undefined
    if (sendings.length > 1) this.hasSentTogether = true
    // Should it fail, everything after it fails with the same error.
    const first = opening && { statement: opening, resolve: () => undefined, reject: () => undefined }
    this.batching!.runTogether(first === undefined ? sendings : [first, ...sendings])
  }
}

async function runInOrder(steps: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const step of steps) results.push(await step())
  return results
}
