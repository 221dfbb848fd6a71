// A program of its own: passes a TCP connection on and delays every chunk in both directions. Arguments: host and port to
// pass on to, milliseconds of delay each way. Prints its port; ends when its standard input closes. In a process of its own
// it takes nothing from the one that measures, except a part of a processor.
import { connect, createServer } from 'node:net'

const [, , host, port, delay] = process.argv
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Timers of Node are a millisecond apart; this sleeps for a part of one. */
const NAP_MS = 0.05

/** What is under way, in the order in which it is due, because the delay is the same for all. */
const underWay = []
let awake = false

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host, port: Number(port), noDelay: true })
  forward(client, upstream)
  forward(upstream, client)
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()

function forward(from, to) {
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => to.destroy())
  from.on('close', () => later(() => to.destroy()))
}

function later(pass) {
  underWay.push({ due: performance.now() + Number(delay), pass })
  if (awake) return
  awake = true
  setImmediate(run)
}

function run() {
  while (underWay.length > 0 && underWay[0].due <= performance.now()) underWay.shift().pass()
  awake = underWay.length > 0
  if (!awake) return
  Atomics.wait(pause, 0, 0, Math.min(NAP_MS, Math.max(0, underWay[0].due - performance.now())))
  setImmediate(run)
}
