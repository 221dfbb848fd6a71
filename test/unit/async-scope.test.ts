import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { AsyncScope, PassingScope } from '../../src/runner/async-scope.js'

const [outer, inner] = [{ name: 'outer' }, { name: 'inner' }]

afterEach(() => jest.restoreAllMocks())

test('what runs inside finds the innermost value, across awaits; what runs beside or after it finds none', async () => {
  const scope = new AsyncScope<{ name: string }>()
  let left: Promise<unknown> | undefined
  const running = scope.run(outer, async () => {
    await turn()
    await scope.run(inner, async () => {
      left = turn().then(() => scope.getStore())
      await turn()
      expect(scope.getStore()).toBe(inner)
    })
    expect(scope.getStore()).toBe(outer)
  })
  expect(scope.getStore()).toBeUndefined()
  await running
  expect(scope.getStore()).toBeUndefined()
  expect(await left).toBe(inner)
})

test('scopes know nothing of each other, though one runs inside another', () => {
  const [one, other] = [new AsyncScope(), new AsyncScope()]
  one.run(outer, () => {
    expect(other.getStore()).toBeUndefined()
    other.run(inner, () => {
      expect([one.getStore(), other.getStore()]).toEqual([outer, inner])
    })
    expect(other.getStore()).toBeUndefined()
  })
})

test('however many there are, Node has one storage to carry along with every promise', () => {
  const run = jest.spyOn(AsyncLocalStorage.prototype, 'run')
  for (let each = 0; each < 3; each++) new AsyncScope().run({}, () => undefined)
  expect(new Set(run.mock.contexts).size).toBe(1)
  expect(run).toHaveBeenCalledTimes(3)
})

test('a passing scope is known to what runs inside until all of its work has ended, and costs nothing afterwards', async () => {
  const scope = new PassingScope<{ name: string }>()
  const disable = jest.spyOn(AsyncLocalStorage.prototype, 'disable')
  let left: Promise<unknown> | undefined
  let open!: () => void
  const gate = new Promise<void>((resolve) => (open = resolve))
  const short = scope.run(outer, async () => {
    await turn()
    expect(scope.getStore()).toBe(outer)
  })
  const long = scope.run(inner, async () => {
    left = gate.then(() => scope.getStore())
    await short
    await turn()
    expect(disable).not.toHaveBeenCalled()
    expect(scope.getStore()).toBe(inner)
    throw new Error('ended')
  })
  expect(scope.getStore()).toBeUndefined()
  await expect(long).rejects.toThrow('ended')
  expect(disable).toHaveBeenCalledTimes(1)
  open()
  expect(await left).toBeUndefined()
})
