import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { memoryStore } from '../../src/entries/conversation.js'
import { failures } from '../support/broken-stores.js'

describe.concurrent('testStore()', () => {
  test('testStore() passes a store that keeps its contract', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  test('testStore() does not blame a store for a machine that stalls', async () => {
    const failed = await failures((whole, { ttlMs }) => {
      let stalls = ttlMs === 600
      return {
        load(id) {
          const endsAt = stalls ? Date.now() + 700 : 0
          stalls = false
          while (Date.now() < endsAt);
          return whole.load(id)
        },
      }
    })
    expect(failed).toEqual([])
  })

  test('testStore() detects a store that ignores the version', async () => {
    const failed = await failures((whole) => ({
      async write(id, change) {
        for (;;) {
          const { version } = await whole.load(id)
          const done = await whole.write(id, change, version).catch(() => undefined)
          if (done !== undefined) return done
        }
      },
    }))
    expect(failed).toEqual([
      'rejects a write at another version with conflict, and changes nothing',
      'accepts exactly one of twenty concurrent writes with the same expected version',
      'deletes the messages on clear(), and rejects the write of a turn that began before',
      'rejects the write of a first turn after clear()',
      'rejects a draft at another version with conflict, and changes nothing',
      'accepts exactly one of twenty concurrent drafts with the same expected version',
      'deletes the draft on clear(), and rejects the draft of a turn that began before',
      'rejects the commit of a holder that has lost the lock',
    ])
  })

  test('testStore() detects a store that checks the version before it writes', async () => {
    const failed = await failures((whole) => ({
      async write(id, change, expected) {
        const { version } = await whole.load(id)
        if (version !== expected) return whole.write(id, change, expected)
        await new Promise((resolve) => setImmediate(resolve))
        return whole.write(id, change, (await whole.load(id)).version)
      },
    }))
    expect(failed).toEqual([
      'accepts exactly one of twenty concurrent writes with the same expected version',
      'accepts exactly one of twenty concurrent drafts with the same expected version',
    ])
  })

  test('testStore() detects a store that writes messages one after the other', async () => {
    const failed = await failures((whole) => ({
      async write(id, { add = [], ...change }, expected) {
        let version: string | null = await whole.write(id, change, expected)
        for (const message of add) {
          version = await whole.write(id, { add: [message] }, version)
          await new Promise((resolve) => setTimeout(resolve))
        }
        return version ?? ''
      },
    }))
    expect(failed).toContain('never loads half a turn during concurrent writes')
  })

  test('testStore() detects a store whose clear() resets the version', async () => {
    const failed = await failures((whole) => {
      const cleared = new Set<string>()
      return {
        async load(id) {
          const stored = await whole.load(id)
          return cleared.has(id) ? { messages: [], version: null } : stored
        },
        async write(id, change, version) {
          if (!cleared.has(id)) return whole.write(id, change, version)
          const now = await whole.load(id)
          cleared.delete(id)
          return whole.write(id, change, version === null ? now.version : version)
        },
        async clear(id) {
          await whole.clear(id)
          cleared.add(id)
        },
      }
    })
    expect(failed).toContain('rejects the write of a first turn after clear()')
  })

  test('testStore() detects a store that returns its own objects', async () => {
    const failed = await failures(() => {
      const held = new Map<string, Message[]>()
      return {
        load: (id) => {
          const messages = held.get(id) ?? []
          return Promise.resolve({ messages, version: messages.length === 0 ? null : 'v' })
        },
        write: (id, { add = [] }) => {
          held.set(id, [...(held.get(id) ?? []), ...add])
          return Promise.resolve('v')
        },
      }
    })
    expect(failed).toContain('is not affected by later changes to added and loaded messages')
  })

  test('testStore() detects a store that confuses different ids', async () => {
    const short = (id: string): string => id.trim()
    const failed = await failures((whole) => ({
      load: (id) => whole.load(short(id)),
      write: (id, change, version) => whole.write(short(id), change, version),
      clear: (id) => whole.clear(short(id)),
    }))
    expect(failed).toEqual(['keeps conversations with unusual ids apart'])
  })

  test('testStore() detects a store that deletes nothing', async () => {
    const failed = await failures(() => {
      const lasting = memoryStore()
      return {
        load: (id) => lasting.load(id),
        write: (id, change, version) => lasting.write(id, change, version),
      }
    })
    expect(failed).toContain('deletes a conversation after its time to live')
  })

  test('testStore() detects a lock that is not exclusive', async () => {
    const nothing = (): Promise<void> => Promise.resolve()
    const failed = await failures(() => ({
      lock: () => Promise.resolve({ renew: nothing, release: nothing }),
    }))
    expect(failed).toEqual(
      expect.arrayContaining([
        'grants a lock to one holder at a time, and to the next after its release',
        'grants a lock to waiting callers in the order of arrival, one at a time',
        'expires a lock that is not renewed, but not early',
        'keeps a renewed lock beyond its first duration',
        'refuses to renew or release a lock for a holder that has lost it',
        'ends a wait at once on abort, and grants the lock to the next caller',
        'takes no lock with an aborted signal',
      ]),
    )
  })

  test('testStore() detects a lock that does not expire, and one that cannot be renewed', async () => {
    const lasting = await failures((whole) => ({
      lock: (id, options) => whole.lock(id, { ...options, ttlMs: 60_000 }),
    }))
    expect(lasting).toContain('expires a lock that is not renewed, but not early')
    const fleeting = await failures((whole) => ({
      async lock(id, options) {
        const lock = await whole.lock(id, options)
        return { ...lock, renew: () => Promise.resolve() }
      },
    }))
    expect(fleeting).toEqual([
      'keeps a conversation while a turn is running',
      'keeps a draft while a turn is running',
      'keeps a renewed lock beyond its first duration',
      'refuses to renew or release a lock for a holder that has lost it',
    ])
  })

  test('testStore() detects a lock that ignores its signal', async () => {
    const failed = await failures((whole) => ({
      lock: (id, { ttlMs, wait = true }) => whole.lock(id, { ttlMs, wait }),
    }))
    expect(failed).toEqual([
      'ends a wait at once on abort, and grants the lock to the next caller',
      'takes no lock with an aborted signal',
    ])
  })

  test('testStore() detects a lock that is granted in the wrong order', async () => {
    const failed = await failures((whole) => {
      const waiting: object[] = []
      return {
        async lock(id, options) {
          const self = {}
          waiting.push(self)
          try {
            for (;;) {
              const first = waiting.at(-1) === self || options.wait === false
              const lock =
                first && (await whole.lock(id, { ...options, wait: false }).catch(() => {}))
              if (lock) return lock
              // Says why
              if (options.wait === false || options.signal?.aborted)
                return await whole.lock(id, options)
              await new Promise((resolve) => setTimeout(resolve, 5))
            }
          } finally {
            waiting.splice(waiting.indexOf(self), 1)
          }
        },
      }
    })
    expect(failed).toEqual([
      'grants a lock to waiting callers in the order of arrival, one at a time',
    ])
  })
})
