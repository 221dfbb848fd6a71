import { AsyncLocalStorage } from 'node:async_hooks'
import type { Metadata } from '../model/event.js'

const scope = new AsyncLocalStorage<Metadata>()

/**
 * Runs `work` with metadata that every event recorded or appended inside carries, across awaits. Scopes nest;
 * the inner one wins.
 *
 * @example
 * await withMetadata({ correlationId: request.id }, async () => {
 *   account.deposit({ amount: 100 }) // carries the correlation id
 * })
 */
export function withMetadata<Result>(metadata: Metadata, work: () => Result): Result {
  return scope.run({ ...scope.getStore(), ...metadata }, work)
}

/** The metadata of the scope that the caller runs in. */
export function currentMetadata(): Metadata | undefined {
  return scope.getStore()
}
