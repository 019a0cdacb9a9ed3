import { expect, test } from 'vitest'
import { memoryLog } from '../../../src/entries/resumable.js'
import { testLog } from '../../../src/entries/testing.js'

testLog({ name: 'memoryLog', test, log: memoryLog })

const lease = { fence: 'a', leaseMs: 60_000 }

test('makes room for a new stream by the one that ended first', async () => {
  const log = memoryLog({ maxStreams: 3 })
  for (const id of ['live', 'first', 'second']) await log.create(id, lease)
  for (const id of ['second', 'first']) {
    await log.append(id, lease, { first: 1, events: ['{}'], ended: true })
  }
  for (const id of ['third', 'fourth']) {
    expect(await log.read('live', 0)).not.toBeNull()
    expect(await log.create(id, lease)).toBe(true)
    expect(await log.read('second', 0)).toBeNull()
    expect((await log.read('first', 0)) === null).toBe(id === 'fourth')
  }
})

test('refuses a new stream when all that it can hold are being written', async () => {
  const log = memoryLog({ maxStreams: 1 })
  await log.create('first', lease)
  const refused = log.create('second', { ...lease, fence: 'b' })
  await expect(refused).rejects.toMatchObject({ code: 'store' })
  await expect(refused).rejects.toThrow(/holds 1 streams.*Raise memoryLog\.maxStreams/)
  expect(await log.read('first', 0)).not.toBeNull()
})

test.each([
  [{ ttlMs: 0 }, ['memoryLog.ttlMs', '0']],
  [{ maxStreams: -1 }, ['memoryLog.maxStreams', '-1']],
  [{ ttl: 5 }, ['memoryLog.ttl', 'ttlMs, maxStreams']],
  ['all', ['memoryLog', '"all"']],
])('refuses the options %j', (options, words) => {
  for (const word of words) expect(() => memoryLog(options as object)).toThrow(word)
})
