// Reads all events through emmett's consumer: batches as large as the others' pages, and no pause between them.
import { postgreSQLEventStoreConsumer } from '@event-driven-io/emmett-postgresql'
import { watchMemory } from '../harness/memory.mjs'

const [, , url, warmUp] = process.argv
const pulling = { batchSize: 1_000, pullingFrequencyInMs: 0 }
let balance = 0
await read(Number(warmUp), () => undefined)
const memory = watchMemory()
await read(Infinity, memory.count)
console.log(JSON.stringify({ ...memory.result(), balance }))

async function read(limit, count) {
  const consumer = postgreSQLEventStoreConsumer({
    connectionString: url,
    pulling,
    stopWhen: { noMessagesLeft: true },
  })
  let left = limit
  consumer.reactor({
    processorId: `reader-${limit}-${process.pid}`,
    startFrom: 'BEGINNING',
    stopAfter: () => --left <= 0,
    eachMessage: ({ data }) => {
      balance += data.amount
      count()
    },
  })
  await consumer.start()
  await consumer.close()
}
