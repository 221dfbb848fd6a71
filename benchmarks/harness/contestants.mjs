/** Opens contenders when an operation first needs them, each in a place of its own, and closes them after the last that does. */
export class Contestants {
  #open = new Map()

  constructor({ contenders, kind }, place, report) {
    this.contenders = contenders
    this.kind = kind
    this.place = place
    this.report = report
  }

  /** The stores of those who are named, in the order of the contenders. Who cannot take part is left out. */
  async take(names) {
    const stores = []
    for (const contender of this.contenders.filter(({ name }) => names.includes(name))) {
      const reason = await contender.missing?.()
      if (reason !== undefined) this.report.skip(contender.name, reason)
      else stores.push(await this.#opened(contender))
    }
    return stores
  }

  /** Closes all others, so that their connections do not add up. */
  async keep(names) {
    for (const [name, { close }] of [...this.#open]) {
      if (names.includes(name)) continue
      this.#open.delete(name)
      await close()
    }
  }

  async #opened(contender) {
    const { key, name, open } = contender
    const opened = this.#open.get(name)
    if (opened !== undefined) return opened.store
    const { at, remove } = await this.place(key)
    const store = { name, ...(await open(at)) }
    this.report.guarantees(this.kind, contender)
    const close = async () => {
      await store.close()
      await remove()
    }
    this.#open.set(name, { store, close })
    return store
  }
}
