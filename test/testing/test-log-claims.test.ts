import { describe, expect, test } from 'vitest'
import type { Lease, StreamLog } from '../../src/entries/resumable.js'
import { failures } from '../support/broken-logs.js'

const refuses = 'refuses a claim while the lease is held, after the end, and of an unknown stream'
const oneWinner = 'grants an abandoned stream to exactly one of many concurrent claimers'
const fenced = 'refuses everything of a producer whose stream was claimed'
const numbers = 'continues the numbers of a claimed stream without a gap'
const counts = 'counts the claims of a stream, but not the repetition of one'
const leases = 'grants a lease by a claim, which expires, and which keeps others from a seal'
const stops = 'reports a stop to the producer that claims the stream afterwards'
const releases = 'ends a lease at once on release, and notifies the listeners'
const listed =
  'lists a stream no more once it is claimed or sealed, and again once that lease ends (if it can)'
const ignores = 'ignores a release by another producer, or after the end'

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The fence that the log itself has, for logs that mix up producers. */
function fences(whole: StreamLog): { of: Map<string, Lease>; methods: Partial<StreamLog> } {
  const of = new Map<string, Lease>()
  return {
    of,
    methods: {
      async create(id, lease) {
        const isGranted = await whole.create(id, lease)
        if (isGranted) of.set(id, lease)
        return isGranted
      },
      async claim(id, lease) {
        const claim = await whole.claim(id, lease)
        if (claim !== null) of.set(id, lease)
        return claim
      },
    },
  }
}

describe.concurrent('testLog()', () => {
  test('testLog() detects a log that never grants a claim', async () => {
    const failed = await failures(() => ({ claim: () => Promise.resolve(null) }))
    expect(failed).toEqual(
      expect.arrayContaining([oneWinner, fenced, numbers, counts, leases, stops]),
    )
  })

  test('testLog() detects a log that grants a claim while the lease is held', async () => {
    const failed = await failures((whole) => {
      const { of, methods } = fences(whole)
      return {
        ...methods,
        async claim(id, lease) {
          const held = of.get(id)
          if (held !== undefined) await whole.release(id, held)
          return (methods.claim as StreamLog['claim'])(id, lease)
        },
      }
    })
    expect(failed).toContain(refuses)
    expect(failed).toContain(fenced)
  })

  test('testLog() detects a log that grants a claim of a stream that has ended or does not exist', async () => {
    const failed = await failures((whole) => ({
      claim: async (id, lease) =>
        (await whole.claim(id, lease)) ??
        ((await whole.read(id, 0))?.ended === false ? null : { revivals: 1 }),
    }))
    expect(failed).toContain(refuses)
    expect(failed).toContain('refuses a claim of a sealed stream')
    expect(failed).toContain(ignores)
    expect(failed).toContain('deletes a released stream that nobody claims after its time to live')
  })

  test('testLog() detects a log that checks the lease before it grants a claim', async () => {
    const failed = await failures((whole) => ({
      async claim(id, lease) {
        const page = await whole.read(id, 0)
        if (page === null || page.ended || page.leaseLeftMs > 0) return whole.claim(id, lease)
        await tick()
        return (await whole.claim(id, lease)) ?? { revivals: 1 }
      },
    }))
    expect(failed).toEqual([oneWinner])
  })

  test('testLog() detects a log whose claim does not fence the former producer', async () => {
    const failed = await failures((whole) => {
      const { of, methods } = fences(whole)
      const current = (id: string, lease: Lease): Lease => ({
        ...lease,
        fence: of.get(id)?.fence ?? '',
      })
      const known = new Set<string>()
      return {
        ...methods,
        create(id, lease) {
          known.add(lease.fence)
          return (methods.create as StreamLog['create'])(id, lease)
        },
        append: (id, lease, batch) =>
          whole.append(id, known.has(lease.fence) ? current(id, lease) : lease, batch),
        renew: (id, lease) => whole.renew(id, known.has(lease.fence) ? current(id, lease) : lease),
      }
    })
    expect(failed).toContain(fenced)
  })

  test('testLog() detects a log that takes new events for those of the former producer', async () => {
    const failed = await failures((whole) => ({
      async append(id, lease, batch) {
        const last = (await whole.read(id, 0))?.last ?? 0
        const state = await whole.append(id, lease, batch)
        const isThere = batch.first + batch.events.length - 1 <= last
        return state === 'lost' && isThere ? whole.renew(id, lease) : state
      },
    }))
    expect(failed).toEqual([numbers])
  })

  test('testLog() detects a log that counts no claims, or counts repeated ones', async () => {
    const constant = await failures((whole) => ({
      claim: async (id, lease) => (await whole.claim(id, lease)) && { revivals: 1 },
    }))
    expect(constant).toContain(counts)
    const repeated = await failures((whole) => {
      const claims = new Map<string, number>()
      return {
        async claim(id, lease) {
          const claim = await whole.claim(id, lease)
          if (claim === null) return null
          claims.set(id, (claims.get(id) ?? 0) + 1)
          return { revivals: claims.get(id) ?? 0 }
        },
      }
    })
    expect(repeated).toEqual([counts])
  })

  test('testLog() detects a log whose claim grants no lease, or one that does not expire', async () => {
    const none = await failures((whole) => ({
      claim: (id, lease) => whole.claim(id, { ...lease, leaseMs: 20 }),
    }))
    expect(none).toContain(leases)
    const lasting = await failures((whole) => {
      const claimed = new Set<string>()
      return {
        claim(id, lease) {
          claimed.add(lease.fence)
          return whole.claim(id, lease)
        },
        renew: (id, lease) =>
          whole.renew(id, claimed.has(lease.fence) ? { ...lease, leaseMs: 60_000 } : lease),
      }
    })
    expect(lasting).toEqual([leases])
  })

  test('testLog() detects a log that forgets a stop, or refuses one while nobody holds the lease', async () => {
    const forgets = await failures((whole) => {
      const claimed = new Set<string>()
      const held = async (lease: Lease, state: Promise<'held' | 'stopping' | 'lost'>) =>
        claimed.has(lease.fence) && (await state) === 'stopping' ? 'held' : state
      return {
        claim(id, lease) {
          claimed.add(lease.fence)
          return whole.claim(id, lease)
        },
        renew: (id, lease) => held(lease, whole.renew(id, lease)),
        append: (id, lease, batch) => held(lease, whole.append(id, lease, batch)),
      }
    })
    expect(forgets).toEqual([stops])
    const unheard = await failures((whole) => ({
      async stop(id) {
        const page = await whole.read(id, 0)
        if (page === null || page.ended) return false
        return page.leaseLeftMs > 0 ? whole.stop(id) : true
      },
    }))
    expect(unheard).toEqual([stops])
  })

  test('testLog() detects a log that deletes a claimed stream, or never deletes a released one', async () => {
    const deletes = await failures((whole, { ttlMs }) => {
      const claimedAt = new Map<string, number>()
      return {
        claim(id, lease) {
          claimedAt.set(id, performance.now())
          return whole.claim(id, lease)
        },
        append: (id, lease, batch) =>
          performance.now() - (claimedAt.get(id) ?? Infinity) > ttlMs
            ? Promise.resolve('lost')
            : whole.append(id, lease, batch),
      }
    })
    expect(deletes).toEqual([
      'keeps a claimed stream beyond its time to live while its lease is held',
    ])
    const keeps = await failures((whole) => {
      const released = new Set<string>()
      return {
        release(id, lease) {
          released.add(id)
          return whole.release(id, lease)
        },
        read: async (id, after) =>
          (await whole.read(id, after)) ??
          (released.has(id) ? { events: [], last: 0, ended: false, leaseLeftMs: 0 } : null),
      }
    })
    expect(keeps).toContain('deletes a released stream that nobody claims after its time to live')
  })

  test('testLog() detects a log that does not release leases, or does not notify anybody', async () => {
    const nothing = await failures(() => ({ release: () => Promise.resolve() }))
    expect(nothing).toContain(releases)
    expect(nothing).toContain(counts)
    const silent = await failures((whole) => ({
      subscribe: (id, listener) =>
        whole.subscribe(id, { appended: (batch) => listener.appended(batch), missed() {} }),
    }))
    expect(silent).toEqual([releases])
  })

  test('testLog() detects a log that releases the lease of another producer', async () => {
    const failed = await failures((whole) => {
      const { of, methods } = fences(whole)
      return {
        ...methods,
        release: async (id) => {
          const held = of.get(id)
          if (held !== undefined) await whole.release(id, held)
        },
      }
    })
    expect(failed).toEqual([ignores, listed])
  })

  test('testLog() detects a log that ends a released stream', async () => {
    const failed = await failures((whole) => ({
      async release(id, lease) {
        await whole.release(id, lease)
        const page = await whole.read(id, 0)
        if (page === null || page.ended || page.leaseLeftMs > 0) return
        await whole.seal(id, { first: page.last + 1, events: ['{}'], ended: true })
      },
    }))
    expect(failed).toEqual(expect.arrayContaining([releases, counts, ignores]))
  })
})
