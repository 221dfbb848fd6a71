import type { Commit } from '../model/event.js'

/** Is told of every commit, once the outermost transaction around it has committed. */
export type CommitListener = (commit: Commit) => void | Promise<void>

/** The listeners of one store. They never fail a commit: it is durable by the time they are called. */
export class CommitListeners {
  private readonly listeners = new Set<CommitListener>()

  constructor(private readonly onFailure: (cause: unknown) => void) {}

  /** Gives the function that removes the listener again. */
  add(listener: CommitListener): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  notify(commit: Commit): void {
    for (const listener of this.listeners) {
      try {
        Promise.resolve(listener(commit)).catch(this.onFailure)
      } catch (error) {
        this.onFailure(error)
      }
    }
  }
}
