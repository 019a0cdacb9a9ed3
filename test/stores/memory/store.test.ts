import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '../../../src/base/messages.js'
import { type MemoryStoreOptions, memoryStore } from '../../../src/entries/conversation.js'

const turn: Message[] = [{ role: 'user', content: 'Hello' }]

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('room', () => {
  test('is made by forgetting the conversation that was not used for the longest time', async () => {
    const store = memoryStore({ maxConversations: 2 })
    const version = await store.write('a', { add: turn }, null)
    await store.write('b', { add: turn }, null)
    await store.write('a', { add: turn }, version)
    await store.write('c', { add: turn }, null)
    const counts = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => (await store.load(id)).messages.length),
    )
    expect(counts).toEqual([2, 0, 1])
  })

  test('is not taken from a conversation with a turn running, until that has ended', async () => {
    const store = memoryStore({ maxConversations: 1 })
    await store.write('a', { add: turn }, null)
    const lock = await store.lock('a', { ttlMs: 10_000 })
    await store.write('b', { add: turn }, null)
    expect((await store.load('a')).messages).toHaveLength(1)
    await lock.release()
    await store.write('c', { add: turn }, null)
    expect((await store.load('a')).messages).toHaveLength(0)
  })

  test('holds a conversation of which nothing was stored for nothing', async () => {
    const store = memoryStore({ maxConversations: 1 })
    await store.write('a', { add: turn }, null)
    await store.load('b')
    await store.clear('b')
    await (await store.lock('b', { ttlMs: 10_000 })).release()
    expect((await store.load('a')).messages).toHaveLength(1)
  })
})

describe('time', () => {
  test('is counted from the last turn on', async () => {
    const store = memoryStore({ ttlMs: 1_000 })
    const version = await store.write('a', { add: turn }, null)
    vi.advanceTimersByTime(900)
    await store.write('a', { add: turn }, version)
    vi.advanceTimersByTime(900)
    expect((await store.load('a')).messages).toHaveLength(2)
    vi.advanceTimersByTime(100)
    expect(await store.load('a')).toEqual({ messages: [], version: null })
  })

  test('never ends by default', async () => {
    const store = memoryStore()
    for (let index = 0; index < 2_000; index++) await store.write(`${index}`, { add: turn }, null)
    vi.advanceTimersByTime(365 * 86_400_000)
    expect((await store.load('0')).messages).toEqual(turn)
  })

  test('needs no timer', async () => {
    const store = memoryStore({ ttlMs: 1_000 })
    await store.write('a', { add: turn }, null)
    await store.lock('a', { ttlMs: 1_000 })
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('one that waits wakes up at the end of the lock, and no timer is left when it has given up', async () => {
  const store = memoryStore()
  await store.lock('a', { ttlMs: 1_000 })
  const controller = new AbortController()
  const { signal } = controller
  const gone = store.lock('a', { ttlMs: 1_000, signal }).catch(() => 'gone')
  const next = store.lock('a', { ttlMs: 1_000 })
  controller.abort()
  expect(await gone).toBe('gone')
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  await (await next).release()
  expect(vi.getTimerCount()).toBe(0)
})

describe('a bad option throws a TypeError at the call that names it', () => {
  const cases: [string, unknown, string[]][] = [
    ['no object', 5, ['"options"', '5']],
    ['a misspelt one', { ttl: 5 }, ['"ttl"', 'ttlMs']],
    ['no room', { maxConversations: 0 }, ['"maxConversations"', '0']],
    ['half a conversation', { maxConversations: 0.5 }, ['"maxConversations"', '0.5']],
    ['no time', { ttlMs: 0 }, ['"ttlMs"', '0']],
  ]
  test.each(cases)('%s', (_name, options, words) => {
    const create = () => memoryStore(options as MemoryStoreOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})

describe('maxBytes', () => {
  const messageOf = (length: number): Message[] => [{ role: 'user', content: 'x'.repeat(length) }]

  test('removes the least recently used conversations first', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    for (const id of ['a', 'b', 'c']) await store.write(id, { add: messageOf(4_000) }, null)
    const loaded = await Promise.all(['a', 'b', 'c'].map((id) => store.load(id)))
    expect(loaded.map(({ messages }) => messages.length)).toEqual([0, 1, 1])
  })

  test('never removes a conversation with a running turn: the next one fails with `store`', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    await store.write('a', { add: messageOf(6_000) }, null)
    const lock = await store.lock('a', { ttlMs: 60_000 })
    const refused = store.write('b', { add: messageOf(6_000) }, null)
    await expect(refused).rejects.toMatchObject({ code: 'store' })
    expect((await store.load('a')).messages).toHaveLength(1)
    await lock.release()
    await store.write('b', { add: messageOf(6_000) }, null)
    expect((await store.load('a')).messages).toHaveLength(0)
  })

  test('refuses what no conversation can hold, and keeps what the conversation has', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    const version = await store.write('a', { add: messageOf(4_000) }, null)
    await expect(store.write('a', { add: messageOf(8_000) }, version)).rejects.toMatchObject({
      code: 'store',
    })
    expect(await store.load('a')).toMatchObject({ version, messages: messageOf(4_000) })
  })

  test('counts drafts, and gives the room of a deleted or replaced one back', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    let version = await store.write('a', { draft: { text: 'x'.repeat(8_000) } }, null)
    const refused = store.write('a', { add: messageOf(4_000) }, version)
    await expect(refused).rejects.toMatchObject({ code: 'store' })
    expect(await store.load('a')).toMatchObject({ version, messages: [] })
    for (let step = 0; step < 10; step++) {
      version = await store.write('a', { draft: { text: 'y'.repeat(8_000), step } }, version)
    }
    version = await store.write('a', { draft: null }, version)
    await store.write('a', { add: messageOf(8_000) }, version)
    expect((await store.load('a')).messages).toHaveLength(1)
  })

  test('never removes a draft whose conversation has a running turn', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    const lock = await store.lock('a', { ttlMs: 60_000 })
    await store.write('a', { draft: { text: 'x'.repeat(6_000) } }, null)
    const refused = store.write('b', { add: messageOf(6_000) }, null)
    await expect(refused).rejects.toMatchObject({ code: 'store' })
    expect((await store.load('a')).draft).toBeDefined()
    await lock.release()
    await store.write('b', { add: messageOf(6_000) }, null)
    expect(await store.load('a')).toEqual({ messages: [], version: null })
  })

  test('gives the room of deleted messages back', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    let version = await store.write('a', { add: messageOf(4_000) }, null)
    for (let round = 0; round < 10; round++) {
      version = await store.write('a', { keep: 1, add: messageOf(4_000) }, version)
    }
    expect((await store.load('a')).messages).toHaveLength(2)
  })

  test('counts conversations without messages, too', async () => {
    const store = memoryStore({ maxBytes: 100_000 })
    const version = await store.write('first', {}, null)
    expect((await store.load('first')).version).toBe(version)
    for (let index = 0; index < 1_000; index++) await store.write(`${index}`, {}, null)
    expect((await store.load('first')).version).toBeNull()
  })

  test('gives the room of a cleared conversation back', async () => {
    const store = memoryStore({ maxBytes: 10_000 })
    await store.write('a', { add: messageOf(8_000) }, null)
    await store.clear('a')
    const { version } = await store.load('a')
    await store.write('a', { add: messageOf(8_000) }, version)
    expect((await store.load('a')).messages).toHaveLength(1)
  })
})

test('a jump of the wall clock ends no lock and forgets no conversation', async () => {
  const store = memoryStore()
  await store.write('a', { add: turn }, null)
  await store.lock('a', { ttlMs: 5_000 })
  vi.setSystemTime(Date.now() + 48 * 60 * 60 * 1000)
  await expect(store.lock('a', { ttlMs: 5_000, wait: false })).rejects.toMatchObject({
    code: 'conflict',
  })
  expect((await store.load('a')).messages).toEqual(turn)
  vi.setSystemTime(Date.now() - 96 * 60 * 60 * 1000)
  const waiting = store.lock('a', { ttlMs: 5_000 })
  await vi.advanceTimersByTimeAsync(5_000)
  await expect(waiting).resolves.toBeDefined()
})

test('at most 1,000 turns wait for one lock', async () => {
  const store = memoryStore()
  const controller = new AbortController()
  await store.lock('a', { ttlMs: 60_000 })
  const waiting = Array.from({ length: 1_000 }, () =>
    store.lock('a', { ttlMs: 60_000, signal: controller.signal }).catch(() => 'aborted'),
  )
  await expect(store.lock('a', { ttlMs: 60_000 })).rejects.toMatchObject({ code: 'conflict' })
  controller.abort()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['aborted']))
})
