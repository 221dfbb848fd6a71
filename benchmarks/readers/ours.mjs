// Reads the whole feed through `store.readAll`, as an application does, and prints how long it took.
import { openDataSource } from '../contenders/postgres/data-source.mjs'
import { watchMemory } from '../harness/memory.mjs'
import { sourced } from '../module.mjs'

const [, , url, warmUp] = process.argv
const dataSource = await openDataSource(url)
const store = new sourced.EventStore(dataSource)
let balance = 0
for await (const { payload } of store.readAll({ limit: Number(warmUp) })) balance += payload.amount
const memory = watchMemory()
for await (const { payload } of store.readAll()) {
  balance += payload.amount
  memory.count()
}
console.log(JSON.stringify({ ...memory.result(), balance }))
await dataSource.destroy()
