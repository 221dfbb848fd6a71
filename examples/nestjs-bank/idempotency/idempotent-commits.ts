import { createHash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { EventStore, StorageError } from '../../../src/index.js'
import type { UnitOfWork } from '../../../src/index.js'
import { Refusal } from '../domain/refusal.js'
import { RememberedAnswer } from './remembered-answer.js'

/** A request that may come again: what it asks for, and the key that its client gave it, if it did. */
export interface Request {
  readonly key: string | undefined
  readonly asks: readonly unknown[]
}

const CONSUMER = 'http'

/**
 * Runs the work of requests in units of work. One with a key is a message that is handled once: its mark and its answer are
 * committed with what it changes, so a request that comes again gets the same answer and changes nothing.
 */
@Injectable()
export class IdempotentCommits {
  constructor(@Inject(EventStore) private readonly store: EventStore) {}

  /** Throws `Refusal` for a key that was used for another request. A refused request changes nothing, so it may come again. */
  async run<Answer extends object>(
    request: Request,
    work: (unit: UnitOfWork) => Promise<Answer> | Answer,
  ): Promise<Answer> {
    try {
      const { result } = await this.store.unitOfWork(
        async (unit) => (await this.remembered<Answer>(request)) ?? this.handle(request, unit, work),
        { retry: {} },
      )
      return result
    } catch (error) {
      if (error instanceof StorageError) throw error
      // The same request may have been faster, at the same moment: then its mark is there, or the money is gone that this one
      // decided by. What it answered counts.
      const answer = await this.remembered<Answer>(request)
      if (answer !== undefined) return answer
      throw error
    }
  }

  private async handle<Answer extends object>(
    { key, asks }: Request,
    unit: UnitOfWork,
    work: (unit: UnitOfWork) => Promise<Answer> | Answer,
  ): Promise<Answer> {
    const answer = await work(unit)
    if (key !== undefined) {
      unit.processed(CONSUMER, key)
      unit.insert(RememberedAnswer, { key, fingerprint: fingerprintOf(asks), answer })
    }
    return answer
  }

  /** Asked again for each attempt: whoever was faster may have been this very request. */
  private async remembered<Answer extends object>({ key, asks }: Request): Promise<Answer | undefined> {
    if (key === undefined) return undefined
    const found = await this.store.dataSource.getRepository(RememberedAnswer).findOneBy({ key })
    if (found === null) return undefined
    if (found.fingerprint !== fingerprintOf(asks)) {
      throw new Refusal('key-reused', 'This Idempotency-Key was used for another request. Take a new one.')
    }
    return found.answer as Answer
  }
}

function fingerprintOf(asks: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(asks)).digest('hex')
}
