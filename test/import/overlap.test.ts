import { overlap } from '../../src/import/overlap.js'

/** What happens, in its order, and a promise for each write that the test ends. */
class Scene {
  readonly log: string[] = []
  private readonly ends: (() => void)[] = []

  async *batches(count: number): AsyncGenerator<number> {
    try {
      for (let batch = 1; batch <= count; batch++) {
        this.log.push(`make ${batch}`)
        yield await Promise.resolve(batch)
      }
    } finally {
      this.log.push('close')
    }
  }

  readonly write = async (batch: number): Promise<void> => {
    this.log.push(`begin ${batch}`)
    await new Promise<void>((resolve) => this.ends.push(resolve))
    this.log.push(`end ${batch}`)
  }

  async endWrite(): Promise<void> {
    while (this.ends.length === 0) await Promise.resolve()
    this.ends.shift()!()
  }
}

test('makes one batch while the one before is written, and no more', async () => {
  const scene = new Scene()
  const done = overlap(scene.batches(3), scene.write)
  await scene.endWrite()
  await scene.endWrite()
  await scene.endWrite()
  await done
  expect(scene.log).toEqual([
    ...['make 1', 'begin 1', 'make 2', 'end 1'],
    ...['begin 2', 'make 3', 'end 2'],
    ...['begin 3', 'close', 'end 3'],
  ])
})

test('finishes what is being written when the next batch fails, and throws its error', async () => {
  const scene = new Scene()
  async function* failing(): AsyncGenerator<number> {
    yield* scene.batches(1)
    throw new Error('broken')
  }
  const done = overlap(failing(), scene.write)
  await scene.endWrite()
  await expect(done).rejects.toThrow('broken')
  expect(scene.log.at(-1)).toBe('end 1')
})

test('throws the error of a write rather than that of the batch after it, and closes the source', async () => {
  const scene = new Scene()
  let stopped = 0
  async function* batches(): AsyncGenerator<number> {
    yield* scene.batches(1)
    throw new Error('broken')
  }
  const refused = (): Promise<void> => Promise.reject(new Error('refused'))
  await expect(overlap(batches(), refused, () => stopped++)).rejects.toThrow('refused')
  await expect(overlap(scene.batches(5), refused)).rejects.toThrow('refused')
  expect(stopped).toBe(1)
  expect(scene.log.at(-1)).toBe('close')
  expect(scene.log).not.toContain('make 3')
})
