import { describe, expect, test } from 'vitest'
import { type LogListener, memoryLog, type StreamLog } from '../../src/entries/resumable.js'
import { bind, failures } from '../support/broken-logs.js'

function listening(
  whole: StreamLog,
  change: (listener: LogListener) => Partial<LogListener>,
): Partial<StreamLog> {
  return {
    subscribe: (id, listener) =>
      whole.subscribe(id, {
        appended: (batch) => listener.appended(batch),
        missed: () => listener.missed(),
        ...change(listener),
      }),
  }
}

describe.concurrent('testLog()', () => {
  test('testLog() passes a log that keeps its contract', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  test('testLog() passes a log that only reports missed events', async () => {
    const failed = await failures((whole) =>
      listening(whole, (listener) => ({ appended: () => listener.missed() })),
    )
    expect(failed).toEqual([])
  })

  test('testLog() detects a log that grants an id more than once', async () => {
    const failed = await failures((whole) => ({
      async create(id, lease) {
        await whole.create(id, lease)
        return true
      },
    }))
    expect(failed).toContain('grants an id to exactly one of several concurrent producers')
    expect(failed).toContain(
      'ends the lease with the stream, and rejects further events and the reuse of its id',
    )
  })

  test('testLog() detects a log that checks an id before it takes it', async () => {
    const failed = await failures((whole) => ({
      async create(id, lease) {
        if ((await whole.read(id, 0)) !== null) return whole.create(id, lease)
        await new Promise((resolve) => setImmediate(resolve))
        await whole.create(id, lease)
        return true
      },
    }))
    expect(failed).toEqual(['grants an id to exactly one of several concurrent producers'])
  })

  test('testLog() detects a log that ignores the fence', async () => {
    const fences = new Map<string, string>()
    const failed = await failures((whole) => ({
      create(id, lease) {
        if (!fences.has(id)) fences.set(id, lease.fence)
        return whole.create(id, lease)
      },
      append: (id, lease, batch) =>
        whole.append(id, { ...lease, fence: fences.get(id) ?? lease.fence }, batch),
    }))
    expect(failed).toContain('rejects an append with another fence')
    expect(failed).toContain('refuses everything of a producer whose stream was claimed')
  })

  test('testLog() detects a log that appends repeated events twice', async () => {
    const failed = await failures((whole) => ({
      async append(id, lease, batch) {
        const page = await whole.read(id, 0)
        return whole.append(id, lease, { ...batch, first: (page?.last ?? 0) + 1 })
      },
    }))
    expect(failed).toContain('appends events once when they are sent twice')
    expect(failed).toContain('rejects an append that would leave a gap')
  })

  test('testLog() detects a log that does not renew the lease by an append or by a renewal', async () => {
    const without = (method: 'append' | 'renew') => (whole: StreamLog) => ({
      [method]: (id: string, lease: { fence: string }, batch: never) =>
        whole[method](id, { ...lease, leaseMs: 60_000 }, batch),
    })
    for (const method of ['append', 'renew'] as const) {
      expect(await failures(without(method))).toContain(
        'renews the lease with every append and every renewal',
      )
    }
  })

  test('testLog() detects a log whose leases do not expire', async () => {
    const failed = await failures((whole) => ({
      create: (id, lease) => whole.create(id, { ...lease, leaseMs: 1e6 }),
    }))
    expect(failed).toContain('rejects an append after the lease has expired')
    expect(failed).toContain(
      'seals a stream once for several concurrent calls, and rejects further appends',
    )
  })

  test('testLog() detects a log that reads one event too few or too many', async () => {
    for (const shift of [-1, 1]) {
      const failed = await failures((whole) => ({
        read: (id, after) => whole.read(id, Math.max(0, after + shift)),
      }))
      expect(failed).toContain('reads the events after any position, in order')
    }
  })

  test('testLog() detects a log that never seals, and one that always seals', async () => {
    expect(await failures(() => ({ seal: () => Promise.resolve() }))).toEqual([
      'seals a stream once for several concurrent calls, and rejects further appends',
      'refuses a claim of a sealed stream',
      'lists exactly the streams that have not ended and that nobody holds (if it can)',
      'lists a stream no more once it is claimed or sealed, and again once that lease ends (if it can)',
      'notifies listeners of a seal',
    ])
    const leases = new Map<string, string>()
    const failed = await failures((whole) => ({
      create(id, lease) {
        if (!leases.has(id)) leases.set(id, lease.fence)
        return whole.create(id, lease)
      },
      async seal(id, batch) {
        await whole.append(id, { fence: leases.get(id) ?? '', leaseMs: 1 }, batch)
        await whole.seal(id, batch)
      },
    }))
    expect(failed).toContain('seals a stream only after its lease has expired')
  })

  test('testLog() detects a log that loses or reorders notifications, or sends them after unsubscribing', async () => {
    let count = 0
    const loses = await failures((whole) =>
      listening(whole, (listener) => ({
        appended: (batch) => {
          if (++count % 7 !== 0) listener.appended(batch)
        },
      })),
    )
    expect(loses).toContain('notifies every listener of appended events, in order')
    const late = await failures((whole) =>
      listening(whole, (listener) => ({
        appended: (batch) => {
          if (batch.first % 2 === 0) listener.appended(batch)
          else setImmediate(() => listener.appended(batch))
        },
      })),
    )
    expect(late).toContain('notifies every listener of appended events, in order')
    const stays = await failures((whole) => ({
      async subscribe(id, listener) {
        await whole.subscribe(id, listener)
        return () => {}
      },
    }))
    expect(stays).toEqual(['does not notify unsubscribed listeners or those of other streams'])
  })

  test('testLog() detects a log that subscribes late', async () => {
    const failed = await failures((whole) => ({
      async subscribe(id, listener) {
        let leave = (): void => {}
        setImmediate(() => {
          void whole.subscribe(id, listener).then((each) => {
            leave = each
          })
        })
        return () => leave()
      },
    }))
    expect(failed).toContain('notifies a listener of everything after its subscription')
  })

  test('testLog() detects a log that misses a stop in its notifications or in its results', async () => {
    const stopping = 'notifies the producer of a stop, at once and in the result of every renewal'
    const deaf = await failures(() => ({ onStop: () => Promise.resolve(() => {}) }))
    expect(deaf).toEqual([stopping])
    const silent = await failures((whole) => ({
      renew: async (id, lease) => ((await whole.renew(id, lease)) === 'lost' ? 'lost' : 'held'),
    }))
    expect(silent).toEqual([
      'reports a stop to the producer that claims the stream afterwards',
      stopping,
    ])
  })

  test('testLog() detects a log that deletes nothing, and one that deletes a running stream', async () => {
    const keeps = await failures((_whole, { ttlMs }) => {
      const log = memoryLog()
      return ttlMs < 1_000 ? bind(log) : {}
    })
    expect(keeps).toEqual([
      'deletes an ended stream after its time to live',
      'deletes an abandoned stream after its time to live',
      'deletes a released stream that nobody claims after its time to live',
      'lists no stream after its time to live (if it can)',
    ])
    const forgets = await failures((whole, { ttlMs }) => {
      const createdAt = new Map<string, number>()
      return {
        create(id, lease) {
          createdAt.set(id, performance.now())
          return whole.create(id, lease)
        },
        append: (id, lease, batch) =>
          performance.now() - (createdAt.get(id) ?? 0) > ttlMs
            ? Promise.resolve('lost')
            : whole.append(id, lease, batch),
      }
    })
    expect(forgets).toEqual([
      'keeps a stream beyond its time to live while its lease is held',
      'keeps a claimed stream beyond its time to live while its lease is held',
    ])
  })
})
