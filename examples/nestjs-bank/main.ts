import 'reflect-metadata'
import { createBank, OPENAPI_PATH } from './create-bank.js'

async function main(): Promise<void> {
  const app = await createBank(process.env, ['error', 'warn', 'log'])
  app.enableShutdownHooks()
  await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
  const url = await app.getUrl()
  console.log(`\nThe bank is open. Try it: ${url}/${OPENAPI_PATH}\nCtrl+C closes it.\n`)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
