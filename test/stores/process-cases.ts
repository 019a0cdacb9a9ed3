/**
 * Processes that are killed or paused, on any store that several of them share.
 */

import { afterEach, expect, test, vi } from 'vitest'
import type { StoreProcess } from '../support/store-process.js'

/** @param begin - starts a process on the shared store */
export function processCases(begin: () => StoreProcess): void {
  const open: StoreProcess[] = []
  const start = (): StoreProcess => {
    const child = begin()
    open.push(child)
    return child
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((child) => child.kill()))
  })

  test('a killed process leaves its lock and its stream to others, after their leases', async () => {
    const [dead, other] = [start(), start()]
    const lease = { fence: 'dead', leaseMs: 500 }
    await dead.store(60_000).lock('c', { ttlMs: 500 })
    await dead.log(60_000).create('s', lease)
    await dead.log(60_000).append('s', lease, { first: 1, events: ['{}', '{}'], ended: false })
    // It waits for the next lock in front of the others.
    const lock = await other.store(60_000).lock('d', { ttlMs: 10_000 })
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
  }, 60_000)

  test('processes that are killed while they write leave whole changes only', async () => {
    const reader = start()
    await reader.store(60_000).write('whole', { draft: { count: 0 } }, null)
    for (let round = 0; round < 5; round++) {
      const writer = start()
      const store = writer.store(60_000)
      let written = 0
      const write = async (): Promise<void> => {
        for (;;) {
          const { messages, version } = await store.load('whole')
          const add = [{ role: 'user' as const, content: 'x'.repeat(10_000) }]
          await store.write('whole', { add, draft: { count: messages.length + 1 } }, version)
          written++
        }
      }
      const ended = write().catch((error: unknown) => error)
      await vi.waitFor(() => expect(written).toBeGreaterThan(2), { interval: 1, timeout: 10_000 })
      await writer.kill()
      expect(await ended).toMatchObject({ code: 'store' })
      const { messages, draft } = await reader.store(60_000).load('whole')
      expect(draft).toEqual({ count: messages.length })
      expect(messages.length).toBeGreaterThan(3 * round)
    }
  }, 60_000)

  test('a stream survives killed and paused producers, without a gap or a foreign event', async () => {
    const children = [start(), start(), start()]
    const heard: string[] = []
    const log = start().log(60_000)
    await log.subscribe('survivor', {
      appended: ({ first, events }) => heard.push(...events.slice(heard.length + 1 - first)),
      missed() {},
    })
    await children[0]?.log(60_000).create('survivor', { fence: 'first', leaseMs: 1 })
    const written: string[] = []
    for (let round = 1; round <= 6; round++) {
      const leases = children.map((_, index) => ({ fence: `${round} ${index}`, leaseMs: 800 }))
      // All of them try until one has it, as followers do.
      const claims = await vi.waitFor(
        async () => {
          const all = await Promise.all(
            children.map((child, index) =>
              child.log(60_000).claim('survivor', leases[index] as never),
            ),
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
        const state = await child.log(60_000).append('survivor', lease, batch)
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
        await vi.waitFor(async () => expect((await log.read('survivor', 0))?.leaseLeftMs).toBe(0), {
          timeout: 5_000,
        })
        child.process.kill('SIGCONT')
        expect(await late).toBe('lost')
      }
    }
    expect((await log.read('survivor', 0))?.events).toEqual(written)
    await vi.waitFor(() => expect(heard).toEqual(written))
  }, 60_000)

  test('a lock of three processes has one holder at a time, also if holders are killed', async () => {
    const children = [start(), start(), start()]
    const leaseMs = 1_000
    await Promise.all(children.map((child) => child.store(60_000).load('a')))
    let heldUntil = 0
    let grants = 0
    const take = async (child: StoreProcess): Promise<void> => {
      while (grants <= 60) {
        const lock = await child.store(60_000).lock('a', { ttlMs: leaseMs })
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
  }, 60_000)
}
