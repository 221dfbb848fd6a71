import { AsyncLocalStorage } from 'node:async_hooks'

type Values = ReadonlyMap<object, unknown>

/** The only storage: until Node 24 each one that was ever used makes every promise of the process dearer, for good. */
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
