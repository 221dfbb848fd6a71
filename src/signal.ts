/** Wakes whoever waits for it; raised while nobody waits, it wakes the next one at once. */
export class Signal {
  private raised = false
  private readonly waiting = new Set<() => void>()

  raise(): void {
    this.raised = this.waiting.size === 0
    for (const wake of [...this.waiting]) wake()
  }

  /** Resolves when the signal is raised, or after `timeoutMs`. */
  wait(timeoutMs?: number): Promise<void> {
    if (this.raised) {
      this.raised = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.waiting.delete(wake)
        resolve()
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(wake, timeoutMs)
      this.waiting.add(wake)
    })
  }
}
