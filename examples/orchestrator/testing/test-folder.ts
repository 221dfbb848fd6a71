import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Orchestrator } from '../orchestrator.js'

/** A folder for the data of one test, and the application that runs on it. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'orchestrator-'))
  private readonly opened: Orchestrator[] = []

  async open(): Promise<Orchestrator> {
    const app = await Orchestrator.open(this.path)
    this.opened.push(app)
    return app
  }

  async remove(): Promise<void> {
    await Promise.all(this.opened.filter((app) => app.dataSource.isInitialized).map((app) => app.close()))
    rmSync(this.path, { recursive: true, force: true })
  }
}
