import { describe, expect, test } from 'vitest'
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
  [{ maxBytes: 0 }, ['memoryLog.maxBytes', '0']],
  [{ maxStreams: -1 }, ['memoryLog.maxStreams', '-1']],
  [{ ttl: 5 }, ['memoryLog.ttl', 'ttlMs, maxStreams']],
  ['all', ['memoryLog', '"all"']],
])('refuses the options %j', (options, words) => {
  for (const word of words) expect(() => memoryLog(options as object)).toThrow(word)
})

describe('maxBytes', () => {
  const complete = (length: number): string =>
    JSON.stringify({ type: 'complete', text: 'x'.repeat(length) })

  test('counts every event, the complete event included, and drops what ended first', async () => {
    const log = memoryLog({ maxBytes: 10_000 })
    for (const id of ['a', 'b', 'c']) {
      await log.create(id, lease)
      await log.append(id, lease, { first: 1, events: ['{}', complete(4_000)], ended: true })
    }
    const kept = await Promise.all(['a', 'b', 'c'].map((id) => log.read(id, 0)))
    expect(kept.map((page) => page?.last)).toEqual([undefined, 2, 2])
  })

  test('counts two bytes for each character of a text beyond Latin-1', async () => {
    const log = memoryLog({ maxBytes: 10_000 })
    await log.create('a', lease)
    const batch = { first: 1, events: ['世'.repeat(5_000)], ended: false }
    await expect(log.append('a', lease, batch)).rejects.toMatchObject({ code: 'store' })
    expect(await log.append('a', lease, { ...batch, events: ['x'.repeat(5_000)] })).toBe('held')
  })

  test('never drops a stream that is being written: its next event fails, and it is whole', async () => {
    const log = memoryLog({ maxBytes: 10_000 })
    const event = 'x'.repeat(4_000)
    for (const id of ['a', 'b']) {
      await log.create(id, lease)
      await log.append(id, lease, { first: 1, events: [event], ended: false })
    }
    const batch = { first: 2, events: [event], ended: false }
    const refused = log.append('b', lease, batch)
    await expect(refused).rejects.toMatchObject({ code: 'store' })
    await expect(refused).rejects.toThrow(/exceed memoryLog\.maxBytes \(10000\)/)
    expect((await log.read('b', 0))?.last).toBe(1)
    await log.append('a', lease, { first: 2, events: ['{}'], ended: true })
    expect(await log.append('b', lease, batch)).toBe('held')
    expect(await log.read('a', 0)).toBeNull()
  })

  test('bounds the default log at 64 MiB, however many streams end in it', async () => {
    const log = memoryLog()
    const events = [complete(8 * 1024 * 1024)]
    for (let id = 0; id < 20; id++) {
      await log.create(`${id}`, lease)
      await log.append(`${id}`, lease, { first: 1, events, ended: true })
    }
    const pages = await Promise.all(Array.from({ length: 20 }, (_, id) => log.read(`${id}`, 0)))
    expect(pages.filter((page) => page !== null)).toHaveLength(7)
  })
})
