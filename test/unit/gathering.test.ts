import { setTimeout as sleep } from 'node:timers/promises'
import { Gathering } from '../../src/gathering.js'

it('does at once what is asked for alone, and together what is asked for meanwhile', async () => {
  const batches: (readonly number[])[] = []
  const doubling = new Gathering(async (items: readonly number[]) => {
    batches.push(items)
    await sleep(5)
    return items.map((item) => item * 2)
  })
  expect(await doubling.do(1)).toBe(2)
  expect(await Promise.all([2, 3, 4].map((item) => doubling.do(item)))).toEqual([4, 6, 8])
  expect(await doubling.do(5)).toBe(10)
  expect(batches).toEqual([[1], [2], [3, 4], [5]])
})

it('fails for each member of a batch that fails, and goes on', async () => {
  const failing = new Gathering(async (items: readonly number[]) => {
    await sleep(1)
    if (items.includes(2)) throw new Error(`refused ${items.join()}`)
    return items
  })
  const settled = await Promise.allSettled([1, 2, 3].map((item) => failing.do(item)))
  expect(settled).toMatchObject([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: { message: 'refused 2,3' } },
    { status: 'rejected', reason: { message: 'refused 2,3' } },
  ])
  expect(await failing.do(4)).toBe(4)
})
