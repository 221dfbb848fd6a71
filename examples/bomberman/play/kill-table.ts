import type { EventStore } from '../../../src/index.js'
import { nameOf } from '../domain/ids.js'
import { PLAYER_KILLED } from '../handlers/run-tick.js'
import type { PlayerKilledMessage } from '../handlers/run-tick.js'
import { outboxMessages } from '../read-model/outbox-messages.js'

/** Who killed whom in which tick, from the messages that wait in the outbox. */
export async function killTable(store: EventStore, game: string): Promise<string> {
  const messages = await outboxMessages(store, game)
  const kills = messages
    .filter(({ messageType }) => messageType === PLAYER_KILLED)
    .map(({ payload }) => payload as PlayerKilledMessage)
  const rows = kills.map(({ player, by, tick }) => {
    const killer = player === by ? 'an own bomb' : nameOf(by)
    return `${nameOf(player).padEnd(8)}${killer.padEnd(13)}${String(tick).padStart(4)}`
  })
  return ['killed  by           tick', '─'.repeat(25), ...rows].join('\n')
}
