/**
 * Several processes on one file.
 */

import { afterAll, describe, expect, test, vi } from 'vitest'
import type { ConversationPage, ConversationStore } from '../../../src/entries/conversation.js'
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
      list: (options) => next().store(ttlMs).list?.(options) as Promise<ConversationPage>,
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

test('a stream survives killed and paused producers, without a gap or a foreign event', async () => {
  const file = sqliteFile()
  const start = (): StoreProcess => new StoreProcess({ path: file.path })
  const children = [start(), start(), start()]
  const reader = start()
  const heard: string[] = []
  try {
    const log = reader.log(60_000)
    await log.subscribe('s', {
      appended: ({ first, events }) => heard.push(...events.slice(heard.length + 1 - first)),
      missed() {},
    })
    await children[0]?.log(60_000).create('s', { fence: 'first', leaseMs: 1 })
    const written: string[] = []
    for (let round = 1; round <= 6; round++) {
      const leases = children.map((_, index) => ({ fence: `${round} ${index}`, leaseMs: 800 }))
      // All of them try until one has it, as followers do.
      const claims = await vi.waitFor(
        async () => {
          const all = await Promise.all(
            children.map((child, index) => child.log(60_000).claim('s', leases[index] as never)),
          )
          expect(all.filter((claim) => claim !== null)).toEqual([{ revivals: round }])
          return all
        },
        { interval: 20, timeout: 10_000 },
      )
      const winner = claims.findIndex((claim) => claim !== null)
      const [child, lease] = [children[winner] as StoreProcess, leases[winner] as never]
      const append = async (): Promise<string> => {
        const events = [JSON.stringify({ round, number: written.length })]
        const batch = { first: written.length + 1, events, ended: false }
        const state = await child.log(60_000).append('s', lease, batch)
        if (state === 'held') written.push(...events)
        return state
      }
      while (written.length < 10 * round) expect(await append()).toBe('held')
      if (round % 2 === 0) {
        await child.kill()
        children[winner] = start()
      } else {
        child.process.kill('SIGSTOP')
        const late = append()
        const isExpired = async (): Promise<boolean> => (await log.read('s', 0))?.leaseLeftMs === 0
        await vi.waitFor(async () => expect(await isExpired()).toBe(true), { timeout: 5_000 })
        child.process.kill('SIGCONT')
        expect(await late).toBe('lost')
      }
    }
    const page = await log.read('s', 0)
    expect(page?.events).toEqual(written)
    await vi.waitFor(() => expect(heard).toEqual(written))
  } finally {
    await Promise.all([...children, reader].map((child) => child.kill()))
    file.remove()
  }
}, 60_000)

test('a lock of three processes has one holder at a time, also if holders are killed', async () => {
  const file = sqliteFile()
  const children = [1, 2, 3].map(() => new StoreProcess({ path: file.path }))
  const leaseMs = 1_000
  try {
    await Promise.all(children.map((child) => child.store(60_000).load('a')))
    let heldUntil = 0
    let grants = 0
    const take = async (child: StoreProcess): Promise<void> => {
      while (grants <= 60) {
        const lock = await child.store(60_000).lock('a', { ttlMs: leaseMs })
        // Clocks with a resolution of milliseconds, in both processes.
        expect(Date.now()).toBeGreaterThanOrEqual(heldUntil - 2)
        grants++
        if (grants === 30) {
          heldUntil = Date.now() + leaseMs - 100
          return child.kill()
        }
        heldUntil = Infinity
        await new Promise((resolve) => setTimeout(resolve, 2))
        heldUntil = 0
        await lock.release()
      }
    }
    await Promise.all(children.map(take))
  } finally {
    await Promise.all(children.map((child) => child.kill()))
    file.remove()
  }
}, 60_000)
