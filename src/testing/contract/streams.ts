import assert from 'node:assert/strict'
import { DuplicateStreamError, InvalidArgumentError, InvalidStreamIdentityError } from '../../index.js'
import { collect, freshId, freshStream, freshType, versionOf } from './contract-context.js'
import type { ContractContext } from './contract-context.js'

export function streamsContract({ describe, it, store }: ContractContext): void {
  describe('streams', () => {
    it('1.1 the same id under two types is two streams, and separators never make two collide', async () => {
      const tag = freshId()
      const pairs = [
        [`a:${tag}`, 'b'],
        ['a', `${tag}:b`],
        [`a:${tag}:b`, 'b'],
        [`'"; drop table aggregate_events; --${tag}`, `"'\\`],
        [tag, 'same'],
        [`${tag}2`, 'same'],
        [`😀${tag}`, '👩‍👩‍👧‍👦'],
        [tag, 'é'.normalize('NFC')],
        [tag, 'é'.normalize('NFD')],
        [tag, 'CASE'],
        [tag, 'case'],
        [tag, ' padded '],
        [tag, 'padded'],
        [tag, '1'],
        [tag, '1.0'],
        [tag, 'null'],
      ] as const
      for (const [index, [aggregateType, aggregateId]] of pairs.entries()) {
        const events = [{ name: 'noted', payload: index }]
        await store().append({ aggregateType, aggregateId, expectedVersion: 'no-stream', events })
      }
      for (const [index, [aggregateType, aggregateId]] of pairs.entries()) {
        const events = await collect(store().readStream({ aggregateType, aggregateId }))
        assert.deepEqual(
          events.map((event) => [event.aggregateType, event.aggregateId, event.payload]),
          [[aggregateType, aggregateId, index]],
        )
      }
    })

    it('1.2 names of 255 characters work, counted in code points', async () => {
      for (const character of ['x', '€', '😀']) {
        const name = freshType()
        const stream = {
          aggregateType: name.padEnd(255, 't'),
          aggregateId: name + character.repeat(255 - name.length),
        }
        await store().append({ ...stream, expectedVersion: 0, events: [{ name: character.repeat(255) }] })
        assert.equal(await versionOf(store(), stream), 1)
      }
    })

    it('1.2 anything that cannot name a stream is refused before any SQL', async () => {
      const bad: readonly unknown[] = [
        '',
        '  ',
        '\t\n',
        'a\0b',
        '\ud800',
        'x\udfff',
        'x'.repeat(256),
        7,
        null,
        undefined,
      ]
      for (const value of bad) {
        const refused = { aggregateType: 'contract', aggregateId: value as string }
        await assert.rejects(
          store().append({ ...refused, expectedVersion: 'any', events: [{ name: 'noted' }] }),
          InvalidStreamIdentityError,
        )
        const swapped = { aggregateType: value as string, aggregateId: 'contract' }
        assert.throws(() => store().readStream(swapped), InvalidStreamIdentityError)
      }
    })

    it('3.6 a stream named twice in one commit is refused', async () => {
      const stream = freshStream()
      const append = { ...stream, expectedVersion: 0, events: [{ name: 'noted' }] }
      await assert.rejects(store().append([append, append]), DuplicateStreamError)
      await assert.rejects(
        store().append([append, { ...stream, expectedVersion: 'any' }]),
        DuplicateStreamError,
      )
      assert.equal(await versionOf(store(), stream), 0)
    })

    it('3.6 impossible expected versions, event names and event versions are refused', async () => {
      const stream = freshStream()
      for (const expectedVersion of [
        -1,
        1.5,
        Number.NaN,
        Infinity,
        2 ** 31,
        'none' as never,
        null as never,
      ]) {
        const append = { ...stream, expectedVersion, events: [{ name: 'noted' }] }
        await assert.rejects(store().append(append), InvalidArgumentError)
      }
      for (const name of ['', ' ', 'a\0', '\ud800', '$checked', '$mine', 'x'.repeat(256), 5 as never]) {
        await assert.rejects(
          store().append({ ...stream, expectedVersion: 0, events: [{ name }] }),
          InvalidArgumentError,
        )
      }
      for (const version of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(
          store().append({ ...stream, expectedVersion: 0, events: [{ name: 'noted', version }] }),
          InvalidArgumentError,
        )
      }
      assert.equal(await versionOf(store(), stream), 0)
    })

    it('lists the streams of one type', async () => {
      const aggregateType = freshType()
      const ids = ['b', 'a', 'c'].map((letter) => `${letter}-${freshId()}`)
      for (const aggregateId of ids) {
        await store().append({
          aggregateType,
          aggregateId,
          expectedVersion: 0,
          events: [{ name: 'x' }, { name: 'y' }],
        })
      }
      assert.deepEqual(await collect(store().listStreams(aggregateType)), [...ids].sort())
    })
  })
}
