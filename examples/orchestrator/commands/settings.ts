import { event } from '../events/events.js'
import type { Decisions } from './decisions.js'

/** All settings are one stream. */
const STREAM = 'settings'

export class Settings {
  constructor(private readonly at: Decisions) {}

  /** The last one wins: nothing is decided on the value before. */
  async change(name: string, value: string): Promise<void> {
    await this.at.log.append([event('setting-changed', STREAM, { name, value })])
  }

  async clear(name: string): Promise<void> {
    await this.at.log.append([event('setting-cleared', STREAM, { name })])
  }
}
