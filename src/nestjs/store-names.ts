/** The name of the DataSource, and of the store on it, where none is given; TypeOrmModule calls it so. */
export const DEFAULT_NAME = 'default'

const stores = new WeakMap<object, string>()

/**
 * Says which store a projection or an outbox publisher belongs to, where the application has several. Without it, it belongs
 * to the store that has no name.
 *
 * @example
 * @ForEventStore('ledger')
 * @Projection('balances')
 * export class Balances { … }
 */
export function ForEventStore(name: string): ClassDecorator {
  return (target) => {
    stores.set(target.prototype as object, name)
  }
}

/** The store that an instance's class was declared for. */
export function storeNameOf(instance: object): string {
  for (
    let type: unknown = Object.getPrototypeOf(instance);
    type !== null;
    type = Object.getPrototypeOf(type)
  ) {
    const name = stores.get(type as object)
    if (name !== undefined) return name
  }
  return DEFAULT_NAME
}
