import { deposit } from '../account.mjs'
import { CASTORE, EMMETT, HAND_WRITTEN, OURS } from '../contenders/names.mjs'
import { compare } from '../harness/compare.mjs'
import { fasterBy } from '../harness/targets.mjs'
import { newId } from '../new-id.mjs'

const CALLERS = 64

/** All callers want the same aggregate: load, decide, commit, and again after a conflict. */
export const hotAggregate = {
  name: 'hot-aggregate',
  contenders: { postgres: [HAND_WRITTEN, OURS, EMMETT, CASTORE] },
  quick: ['postgres'],
  run: async ({ stores, options }) => [
    await compare(
      {
        title: `${CALLERS} callers on one aggregate, load-decide-commit with retries`,
        unit: 'commands',
        // One that tries again by hand takes seconds for what others do in a moment.
        rivals: stores.filter(({ name }) => !options.quick || name !== HAND_WRITTEN).map(commands),
        targets: [fasterBy("at least 10 times emmett's own retries", OURS, EMMETT, 10)],
        notes: ['Afterwards each was loaded: every command had been applied, and none of them twice.'],
      },
      options.quick ? { count: CALLERS, rounds: 3 } : { count: CALLERS * 4, rounds: 5 },
    ),
  ],
}

function commands(store) {
  return {
    name: store.name,
    prepare: (count) => {
      const id = newId()
      let left = count
      const call = async () => {
        while (left-- > 0) await store.change(id)
      }
      return async () => {
        const started = performance.now()
        await Promise.all(Array.from({ length: CALLERS }, call))
        const elapsed = performance.now() - started
        const balance = await store.load(id)
        if (balance !== count * deposit().amount)
          throw new Error(`${store.name} applied ${count} commands and has a balance of ${balance}`)
        return elapsed
      }
    },
  }
}
