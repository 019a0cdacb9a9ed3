/**
 * Several processes on one file.
 */

import { afterAll, describe, expect, test, vi } from 'vitest'
import type { ConversationStore } from '../../../src/entries/conversation.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import { sqliteFile } from '../../support/sqlite.js'
import { StoreProcess } from '../../support/store-process.js'

describe('a file that three processes use', () => {
  const file = sqliteFile()
  const children = [1, 2, 3].map(() => new StoreProcess({ path: file.path }))
  afterAll(async () => {
    await Promise.all(children.map((child) => child.kill()))
    file.remove()
  })
  let calls = 0
  const next = (): StoreProcess => children[calls++ % children.length] as StoreProcess

  testStore({
    name: 'three processes',
    test: test.concurrent,
    store: ({ ttlMs }): ConversationStore => ({
      load: (id) => next().store(ttlMs).load(id),
      write: (id, change, version) => next().store(ttlMs).write(id, change, version),
      clear: (id) => next().store(ttlMs).clear(id),
      lock: (id, options) => next().store(ttlMs).lock(id, options),
    }),
  })

  testLog({
    name: 'three processes',
    test: test.concurrent,
    log: ({ ttlMs }) => next().log(ttlMs),
    other: ({ ttlMs }) => next().log(ttlMs),
  })
})

test('ten processes set up one new file at the same time', async () => {
  const file = sqliteFile()
  const children = Array.from({ length: 10 }, () => new StoreProcess({ path: file.path }))
  try {
    const writes = children.map((child, index) =>
      child.store(60_000).write(`${index}`, { draft: { index } }, null),
    )
    await Promise.all(writes)
    const drafts = await Promise.all(
      children.map(async (_, index) => (await children[0]?.store(60_000).load(`${index}`))?.draft),
    )
    expect(drafts).toEqual(children.map((_, index) => ({ index })))
  } finally {
    await Promise.all(children.map((child) => child.kill()))
    file.remove()
  }
}, 30_000)

test('a killed process leaves its lock and its stream to others, after their leases', async () => {
  const file = sqliteFile()
  const [dead, other] = [1, 2].map(() => new StoreProcess({ path: file.path }))
  if (dead === undefined || other === undefined) throw new Error('There are two.')
  try {
    const lease = { fence: 'dead', leaseMs: 500 }
    await dead.store(60_000).lock('c', { ttlMs: 500 })
    await dead.log(60_000).create('s', lease)
    await dead.log(60_000).append('s', lease, { first: 1, events: ['{}', '{}'], ended: false })
    // It waits for the next lock in front of the others.
    const next = other.store(60_000).lock('d', { ttlMs: 10_000 })
    const lock = await next
    void dead
      .store(60_000)
      .lock('d', { ttlMs: 10_000 })
      .catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    const waiting = other.store(60_000).lock('d', { ttlMs: 10_000 })
    await dead.kill()
    await lock.release()
    await (await other.store(60_000).lock('c', { ttlMs: 500 })).release()
    await (await waiting).release()
    const claim = await other.log(60_000).claim('s', { fence: 'other', leaseMs: 500 })
    expect(claim).toEqual({ revivals: 1 })
    expect(await other.log(60_000).read('s', 0)).toMatchObject({ last: 2, ended: false })
  } finally {
    await Promise.all([dead.kill(), other.kill()])
    file.remove()
  }
}, 60_000)

test('processes that are killed while they write leave whole changes only', async () => {
  const file = sqliteFile()
  const reader = new StoreProcess({ path: file.path })
  try {
    await reader.store(60_000).write('c', { draft: { count: 0 } }, null)
    for (let round = 0; round < 5; round++) {
      const writer = new StoreProcess({ path: file.path })
      const store = writer.store(60_000)
      let written = 0
      const write = async (): Promise<void> => {
        for (;;) {
          const { messages, version } = await store.load('c')
          const add = [{ role: 'user' as const, content: 'x'.repeat(10_000) }]
          await store.write('c', { add, draft: { count: messages.length + 1 } }, version)
          written++
        }
      }
      const ended = write().catch((error: unknown) => error)
      await vi.waitFor(() => expect(written).toBeGreaterThan(2), { interval: 1, timeout: 10_000 })
      await new Promise((resolve) => setTimeout(resolve, 3 * round))
      await writer.kill()
      expect(await ended).toMatchObject({ code: 'store' })
      const { messages, draft } = await reader.store(60_000).load('c')
      expect(draft).toEqual({ count: messages.length })
      expect(messages.length).toBeGreaterThan(3 * round)
    }
  } finally {
    await reader.kill()
    file.remove()
  }
}, 60_000)
