import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROXY = fileURLToPath(new URL('delay-proxy.mjs', import.meta.url))

/** The address of a server as it is seen from so far away: `delayMs` each way. */
export async function delayed(url, delayMs) {
  const address = new URL(url)
  const host = address.hostname
  const port = address.port || '5432'
  const proxy = spawn(process.execPath, [PROXY, host, port, String(delayMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [ownPort] = await once(createInterface({ input: proxy.stdout }), 'line')
  const through = (original) => {
    const changed = new URL(original)
    changed.hostname = '127.0.0.1'
    changed.port = ownPort
    return changed.href
  }
  const stop = async () => {
    const exited = once(proxy, 'exit')
    proxy.stdin.end()
    await exited
  }
  return { through, stop }
}
