/**
 * The contract of a log: storage and leases.
 *
 * @module
 */

import {
  append,
  batchOf,
  checkEqual,
  create,
  eventsFrom,
  type LogCase,
  longLease,
  read,
  readAll,
  shortLease,
  until,
  untilLapsed,
} from './log-case.js'

export const keepingCases: Record<string, LogCase> = {
  'rejects operations on a stream that was not created': {
    async run({ log, id }) {
      const batch = batchOf(1, 1)
      checkEqual(await log.read(id, 0), null, 'read()')
      checkEqual(await log.append(id, longLease(), batch), 'lost', 'append()')
      checkEqual(await log.renew(id, longLease()), 'lost', 'renew()')
      checkEqual(await log.stop(id), false, 'stop()')
      await log.seal(id, { ...batch, ended: true })
      checkEqual(await log.read(id, 0), null, 'read() after seal()')
    },
  },
  'reads an empty stream before its first event': {
    async run(context) {
      await create(context, longLease())
      const { events, last, ended, leaseLeftMs } = await read(context, 0)
      checkEqual({ events, last, ended }, { events: [], last: 0, ended: false }, 'read()')
      checkEqual(leaseLeftMs > 0 && leaseLeftMs <= 60_000, true, `leaseLeftMs ${leaseLeftMs}`)
    },
  },
  'grants an id to exactly one of several concurrent producers': {
    async run({ log, other, id }) {
      const asked = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? log : other).create(id, longLease()),
      )
      const given = (await Promise.all(asked)).filter((isGiven) => isGiven)
      checkEqual(given.length, 1, 'the number of producers that got the id')
    },
  },
  'grants an id to the same producer again after its first response was lost': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await create(context, lease)
      await append(context, lease, batchOf(1, 1))
    },
  },
  'reads the events after any position, in order': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      for (const [first, count] of [
        [1, 1],
        [2, 3],
        [5, 1],
        [6, 7],
      ] as const) {
        await append(context, lease, batchOf(first, count))
      }
      for (let after = 0; after <= 12; after++) {
        const rest = eventsFrom(after + 1, 12 - after)
        checkEqual(await readAll(context, after), rest, `the events after ${after}`)
      }
    },
  },
  'reads a long stream to its end': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      const sizes = [1_000, 1, 1, 500, 1, 2_000]
      let first = 1
      for (const size of sizes) {
        await append(context, lease, batchOf(first, size))
        first += size
      }
      for (const after of [0, 700, 1_002, 3_502]) {
        const rest = eventsFrom(after + 1, first - 1 - after)
        checkEqual(await readAll(context, after), rest, `the events after ${after}`)
      }
    },
  },
  'returns events unchanged': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      const texts = ['Grüße 🌊 \u2028\u0000"\\', 'a\nb\r\n\n', '', 'x'.repeat(300_000), '\ud800']
      const events = texts.map((text) => JSON.stringify({ text }))
      await append(context, lease, { first: 1, events, ended: false })
      checkEqual(await readAll(context, 0), events, 'the stored events')
    },
  },
  'keeps streams with unusual ids apart': {
    async run({ id, ...context }) {
      const ids = ['', ':log', '}', '{', '}:{', ' ', '%7D', '\n', '/é🌊', '*'].map(
        (suffix) => id + suffix,
      )
      for (const [index, each] of ids.entries()) {
        const lease = longLease()
        await create({ ...context, id: each }, lease)
        await append({ ...context, id: each }, lease, batchOf(1, index + 1))
      }
      for (const [index, each] of ids.entries()) {
        const { last } = await read({ ...context, id: each }, 0)
        checkEqual(last, index + 1, `the last event of the stream "${each}"`)
      }
    },
  },
  'appends events once when they are sent twice': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, lease, batchOf(1, 2))
      await append(context, lease, batchOf(1, 2))
      await append(context, lease, batchOf(3, 1, true))
      await append(context, lease, batchOf(3, 1, true))
      checkEqual(await readAll(context, 0), eventsFrom(1, 3), 'the stored events')
    },
  },
  'rejects an append with another fence': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, longLease(), batchOf(1, 1), 'lost')
      checkEqual(await context.log.renew(context.id, longLease()), 'lost', 'renew()')
      await append(context, lease, batchOf(1, 1))
      await append(context, longLease(), batchOf(1, 1), 'lost')
      checkEqual(await readAll(context, 0), eventsFrom(1, 1), 'the stored events')
    },
  },
  'rejects an append that would leave a gap': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, lease, batchOf(2, 1), 'lost')
      await append(context, lease, batchOf(1, 1))
      await append(context, lease, batchOf(3, 1), 'lost')
      checkEqual(await readAll(context, 0), eventsFrom(1, 1), 'the stored events')
    },
  },
  'ends the lease with the stream, and rejects further events and the reuse of its id': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, lease, batchOf(1, 2, true))
      await append(context, lease, batchOf(3, 1), 'lost')
      checkEqual(await context.log.renew(context.id, lease), 'lost', 'renew()')
      checkEqual(await context.log.create(context.id, longLease()), false, 'create()')
      const page = await read(context, 0)
      const expected = { events: eventsFrom(1, 2), last: 2, ended: true, leaseLeftMs: 0 }
      checkEqual({ ...page }, expected, 'read()')
      checkEqual((await read(context, 2)).events, [], 'the events after the end')
    },
  },
  'deletes an ended stream after its time to live': {
    ttlMs: 100,
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, lease, batchOf(1, 2, true))
      const { other, id } = context
      await until(
        context,
        'the deletion of the stream',
        async () => (await other.read(id, 0)) === null,
      )
      await create(context, longLease())
    },
  },
  'deletes an abandoned stream after its time to live': {
    ttlMs: 100,
    async run(context) {
      await create(context, shortLease())
      const { other, id } = context
      await until(
        context,
        'the deletion of the stream',
        async () => (await other.read(id, 0)) === null,
      )
    },
  },
  'keeps a stream beyond its time to live while its lease is held': {
    ttlMs: 50,
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await new Promise((resolve) => setTimeout(resolve, 150))
      await append(context, lease, batchOf(1, 1))
      await new Promise((resolve) => setTimeout(resolve, 150))
      checkEqual(await context.log.renew(context.id, lease), 'held', 'renew()')
      await new Promise((resolve) => setTimeout(resolve, 150))
      checkEqual(await readAll(context, 0), eventsFrom(1, 1), 'the stored events')
    },
  },
}

export const leaseCases: Record<string, LogCase> = {
  'renews the lease with every append and every renewal': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, { ...lease, leaseMs: 120_000 }, batchOf(1, 1))
      const appended = await read(context, 0)
      checkEqual(appended.leaseLeftMs > 60_000, true, `${appended.leaseLeftMs} ms after append()`)
      await context.log.renew(context.id, { ...lease, leaseMs: 240_000 })
      const renewed = await read(context, 0)
      checkEqual(renewed.leaseLeftMs > 120_000, true, `${renewed.leaseLeftMs} ms after renew()`)
    },
  },
  'rejects an append after the lease has expired': {
    async run(context) {
      const lease = shortLease()
      await create(context, lease)
      await untilLapsed(context)
      await append(context, lease, batchOf(1, 1), 'lost')
      checkEqual(await context.log.renew(context.id, lease), 'lost', 'renew()')
      checkEqual(await context.log.create(context.id, longLease()), false, 'create() by another')
      checkEqual((await read(context, 0)).last, 0, 'the last event')
    },
  },
  'seals a stream only after its lease has expired': {
    async run(context) {
      const lease = longLease()
      await create(context, lease)
      await append(context, lease, batchOf(1, 1))
      await context.other.seal(context.id, batchOf(2, 1, true))
      const { last, ended } = await read(context, 0)
      checkEqual({ last, ended }, { last: 1, ended: false }, 'read() while the lease is held')
      await append(context, lease, batchOf(2, 1, true))
      await context.other.seal(context.id, batchOf(3, 1, true))
      checkEqual(await readAll(context, 0), eventsFrom(1, 2), 'the stored events')
    },
  },
  'seals a stream once for several concurrent calls, and rejects further appends': {
    async run(context) {
      const { log, other, id } = context
      const lease = shortLease()
      await create(context, lease)
      await untilLapsed(context)
      await log.seal(id, batchOf(2, 1, true))
      checkEqual((await read(context, 0)).ended, false, 'ended by a seal that leaves a gap')
      const seals = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? log : other).seal(id, batchOf(1, 2, true)),
      )
      await Promise.all(seals)
      await append(context, lease, batchOf(1, 2, true), 'lost')
      await append(context, lease, batchOf(3, 1), 'lost')
      const { events, last, ended } = await read(context, 0)
      const expected = { events: eventsFrom(1, 2), last: 2, ended: true }
      checkEqual({ events, last, ended }, expected, 'read()')
    },
  },
}
