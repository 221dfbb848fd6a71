/**
 * Gathers what is asked for while an earlier batch is under way, and does it together: nobody waits when there is
 * little to do, and much takes few round trips. A batch that fails, fails for each of its members.
 */
export class Gathering<Item, Result> {
  private gathered: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = []
  private running = false

  /** `work` gives one result an item, in their order. */
  constructor(private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>) {}

  do(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.gathered.push({ item, resolve, reject })
      if (!this.running) void this.run()
    })
  }

  private async run(): Promise<void> {
    this.running = true
    while (this.gathered.length > 0) {
      const batch = this.gathered.splice(0)
      try {
        const results = await this.work(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, index) => {
          resolve(results[index]!)
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.running = false
  }
}
