import { POOL_SIZE } from '../contenders/postgres/pool-size.mjs'
import { newId } from './new-id.mjs'

/** As many writers as connections, each with a stream of its own. */
export const commitConcurrently = {
  name: 'commit-concurrently',
  title: `Commits of 1 event by ${POOL_SIZE} concurrent writers`,
  unit: 'commits',
  databases: ['postgres'],
  rivals: (stores) =>
    stores.map((store) => ({
      name: store.name,
      prepare: (count) => {
        let left = count
        const write = async (stream) => {
          while (left-- > 0) await stream.commit(1)
        }
        const streams = Array.from({ length: POOL_SIZE }, () => store.stream(newId()))
        return () => Promise.all(streams.map(write))
      },
    })),
}
