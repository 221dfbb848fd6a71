import type { OutboxStatements } from '../outbox-statements.js'
import type { OutboxTable } from '../tables.js'
import { claimMessages } from './claim-messages.js'
import { endClaims } from './end-claims.js'
import { keepOutbox } from './keep-outbox.js'
import { stageMessages } from './stage-messages.js'

/** The statements over the outbox. */
export function outboxStatements(o: OutboxTable): OutboxStatements {
  return { stage: stageMessages(o), claim: claimMessages(o), ...endClaims(o), ...keepOutbox(o) }
}
