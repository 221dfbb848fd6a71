import { AsyncLocalStorage } from 'node:async_hooks'

type Values = ReadonlyMap<object, unknown>

/** The only lasting storage: until Node 24, one that was ever used makes every promise of the process dearer, for good. */
const storage = new AsyncLocalStorage<Values>()

/** What a DataSource remembers along the calls that are made inside of each other, across awaits. */
export class AsyncScope<Value extends object> {
  getStore(): Value | undefined {
    return storage.getStore()?.get(this) as Value | undefined
  }

  run<Result>(value: Value, work: () => Result): Result {
    return storage.run(new Map(storage.getStore()).set(this, value), work)
  }
}

/** The same for rare work: as soon as none of it is under way, promises cost what they did before. */
export class PassingScope<Value extends object> {
  private readonly storage = new AsyncLocalStorage<Value>()
  private underWay = 0

  getStore(): Value | undefined {
    return this.storage.getStore()
  }

  async run<Result>(value: Value, work: () => Promise<Result>): Promise<Result> {
    this.underWay++
    try {
      return await this.storage.run(value, work)
    } finally {
      this.underWay--
      if (this.underWay === 0) this.storage.disable()
    }
  }
}
