import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

test('starts, says where its OpenAPI page is, keeps what it was told, and closes when asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-bank-'))
  const env = { ...process.env, DATABASE_URL: '', DATABASE_FILE: join(folder, 'bank.sqlite'), PORT: '0' }
  const begin = async (): Promise<{ url: string; close: () => Promise<number | null> }> => {
    const bank = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'main.ts')], { env })
    const exited = once(bank, 'exit') as Promise<[number | null, string | null]>
    let said = ''
    let url: string | undefined
    bank.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    for await (const chunk of bank.stdout.iterator({ destroyOnReturn: false })) {
      said += String(chunk)
      url = /Try it: (http:\S+)/.exec(said)?.[1]
      if (url !== undefined) break
    }
    if (url === undefined) throw new Error(`The bank did not open: ${said}`)
    bank.stdout.resume()
    const close = async (): Promise<number | null> => {
      bank.kill('SIGTERM')
      const [code, signal] = await exited
      return signal === 'SIGTERM' ? 0 : code
    }
    return { url, close }
  }
  try {
    const first = await begin()
    expect((await fetch(first.url)).headers.get('content-type')).toMatch('text/html')
    const accounts = new URL('/accounts', first.url)
    const headers = { 'content-type': 'application/json' }
    await fetch(accounts, { method: 'POST', headers, body: '{"owner":"Ann"}' })
    expect(await first.close()).toBe(0)
    const second = await begin()
    const listed = (await (await fetch(new URL('/accounts', second.url))).json()) as object[]
    expect(listed).toMatchObject([{ owner: 'Ann', balance: 0 }])
    expect(await second.close()).toBe(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
