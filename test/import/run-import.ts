import 'reflect-metadata'
import { DataSource } from 'typeorm'
import { postgresEntities } from '../../entities/index.js'
import { importSourcedRepo } from '../../src/import/index.js'

/** An import in a process of its own, which can be killed: a line for every batch, of one event each. */
async function main(): Promise<void> {
  const [sourceUrl, targetUrl] = process.argv.slice(2) as [string, string]
  const source = await new DataSource({ type: 'postgres', url: sourceUrl }).initialize()
  const entities = [...postgresEntities]
  const target = await new DataSource({ type: 'postgres', url: targetUrl, entities }).initialize()
  await importSourcedRepo({
    source,
    target,
    batchSize: 1,
    irregularStreams: 'skip',
    onProgress: ({ phase, imported }) => void process.stdout.write(`${phase} ${imported}\n`),
  })
}

void main()
