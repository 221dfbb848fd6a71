import { Entity } from 'sourced'
import { deposit } from '../../account.mjs'
import { POOL_SIZE } from './pool-size.mjs'

export const sourcedRepoTypeorm = {
  key: 'sourced_repo_typeorm',
  name: 'sourced-repo-typeorm',
  guarantees:
    'checks no version: two writers both succeed if their events have different names; has no global order',
  open: async (url) => {
    const { persistenceLayer, Repository } = await connect(url)
    // By default it stores a snapshot with every tenth event; without, it writes and reads the same rows as the others.
    const accounts = new Repository(SourcedAccount, {
      indices: [],
      forceSnapshot: false,
      snapshotFrequency: Infinity,
    })
    return {
      stream: (id) => {
        const account = new SourcedAccount()
        account.id = id
        return {
          commit: (events) => {
            for (let nth = 0; nth < events; nth++) account.deposit(deposit())
            return accounts.commit(account)
          },
        }
      },
      load: async (id) => (await accounts.get(id)).balance,
      close: () => persistenceLayer.disconnect(),
    }
  },
}

/**
 * It runs on a TypeORM of its own, an older one. All copies of TypeORM in a process keep what decorators declare in
 * one global object, and one version cannot read what the other wrote; so this one gets an empty object for the
 * time in which it declares and connects.
 */
async function connect(url) {
  const { typeormMetadataArgsStorage } = globalThis
  globalThis.typeormMetadataArgsStorage = undefined
  try {
    const peer = await import('sourced-repo-typeorm')
    await peer.persistenceLayer.connect({ type: 'postgres', url, poolSize: POOL_SIZE })
    return peer
  } finally {
    globalThis.typeormMetadataArgsStorage = typeormMetadataArgsStorage
  }
}

class SourcedAccount extends Entity {
  constructor(snapshot, events) {
    super()
    this.balance = 0
    this.rehydrate(snapshot, events)
  }

  deposit(event) {
    this.digest('deposit', event)
    this.balance += event.amount
  }
}
