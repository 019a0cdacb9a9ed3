/**
 * The contract of a log: streams that a new producer continues.
 *
 * @module
 */

import type { Lease } from '../../resumable/log.js'
import { check } from './driver-checks.js'
import {
  append,
  batchOf,
  checkEqual,
  create,
  eventsFrom,
  type LogCase,
  type LogContext,
  longLease,
  Notes,
  read,
  readAll,
  shortLease,
  until,
  untilLapsed,
} from './log-case.js'

/** Claims a stream in the other process, and checks that it is granted. */
async function claim({ other, id }: LogContext, lease: Lease, revivals: number): Promise<void> {
  checkEqual(await other.claim(id, lease), { revivals }, 'claim()')
}

/** Checks that a producer can neither append nor renew. */
async function checkLost(context: LogContext, lease: Lease): Promise<void> {
  const { log, id } = context
  const { last } = await read(context, 0)
  for (const ended of [false, true]) {
    await append(context, lease, batchOf(last + 1, 1, ended), 'lost')
  }
  checkEqual(await log.renew(id, lease), 'lost', 'renew()')
  checkEqual((await read(context, 0)).last, last, 'the last event')
}

/** Creates a stream of two events whose producer is gone. */
async function abandon(context: LogContext): Promise<Lease> {
  const lease = longLease()
  await create(context, lease)
  // The lease of the last append counts.
  await append(context, { ...lease, leaseMs: 50 }, batchOf(1, 2))
  await untilLapsed(context)
  return lease
}

export const claimCases: Record<string, LogCase> = {
  'refuses a claim while the lease is held, after the end, and of an unknown stream': {
    async run(context) {
      const { log, other, id } = context
      checkEqual(await log.claim(id, longLease()), null, 'claim() of an unknown stream')
      const lease = longLease()
      await create(context, lease)
      checkEqual(await other.claim(id, longLease()), null, 'claim() before the first event')
      await append(context, lease, batchOf(1, 1))
      checkEqual(await other.claim(id, longLease()), null, 'claim() while the lease is held')
      await append(context, lease, batchOf(2, 1))
      await append(context, lease, batchOf(3, 1, true))
      checkEqual(await other.claim(id, longLease()), null, 'claim() of an ended stream')
      checkEqual(await log.claim(id, lease), null, 'claim() of an ended stream by its producer')
      checkEqual(await readAll(context, 0), eventsFrom(1, 3), 'the stored events')
    },
  },
  'refuses a claim of a sealed stream': {
    async run(context) {
      const { log, other, id } = context
      await abandon(context)
      await log.seal(id, batchOf(3, 1, true))
      checkEqual(await other.claim(id, longLease()), null, 'claim()')
      const { last, ended, leaseLeftMs } = await read(context, 0)
      const expected = { last: 3, ended: true, leaseLeftMs: 0 }
      checkEqual({ last, ended, leaseLeftMs }, expected, 'read()')
    },
  },
  'grants an abandoned stream to exactly one of many concurrent claimers': {
    async run(context) {
      const { log, other, id } = context
      await abandon(context)
      const leases = Array.from({ length: 20 }, longLease)
      const claims = await Promise.all(
        leases.map((lease, index) => (index % 2 === 0 ? log : other).claim(id, lease)),
      )
      const winners = leases.filter((_, index) => claims[index] !== null)
      checkEqual(winners.length, 1, 'the number of claimers that got the stream')
      checkEqual(
        claims.filter((each) => each !== null),
        [{ revivals: 1 }],
        'the claim of the winner',
      )
      for (const lease of leases) {
        const state = await log.renew(id, lease)
        checkEqual(state, winners.includes(lease) ? 'held' : 'lost', 'renew() after the claims')
      }
    },
  },
  'refuses everything of a producer whose stream was claimed': {
    async run(context) {
      const former = await abandon(context)
      const lease = longLease()
      await claim(context, lease, 1)
      await checkLost(context, former)
      // Its last append is not reported as its own any more.
      await append(context, former, batchOf(1, 2), 'lost')
      await append(context, lease, batchOf(3, 2))
      await append(context, former, batchOf(3, 2), 'lost')
      await checkLost(context, former)
      checkEqual(await context.log.create(context.id, former), false, 'create()')
      checkEqual(await context.log.claim(context.id, former), null, 'claim()')
      await append(context, lease, batchOf(5, 1, true))
      await append(context, former, batchOf(5, 1, true), 'lost')
      checkEqual(await readAll(context, 0), eventsFrom(1, 5), 'the stored events')
    },
  },
  'continues the numbers of a claimed stream without a gap': {
    async run(context) {
      await abandon(context)
      const lease = longLease()
      const notes = new Notes()
      await context.listen(context.other, context.id, notes)
      await claim(context, lease, 1)
      await append(context, lease, batchOf(4, 1), 'lost')
      // These were appended by the former producer.
      await append(context, lease, batchOf(1, 2), 'lost')
      await append(context, lease, batchOf(2, 1), 'lost')
      await append(context, lease, batchOf(3, 1))
      await append(context, lease, batchOf(3, 1))
      await append(context, lease, batchOf(4, 2, true))
      await append(context, lease, batchOf(4, 2, true))
      checkEqual(await readAll(context, 0), eventsFrom(1, 5), 'the stored events')
      const isSo = (): boolean => notes.last >= 5 || notes.misses > 0
      await until(context, 'the notification of event 5', isSo)
    },
  },
  'claims a stream without events': {
    async run(context) {
      await create(context, shortLease())
      await untilLapsed(context)
      const lease = longLease()
      await claim(context, lease, 1)
      await append(context, lease, batchOf(1, 1, true))
      checkEqual(await readAll(context, 0), eventsFrom(1, 1), 'the stored events')
    },
  },
  'counts the claims of a stream, but not the repetition of one': {
    async run(context) {
      const { log, id } = context
      const first = longLease()
      await create(context, first)
      checkEqual(await log.claim(id, first), { revivals: 0 }, 'claim() by the producer itself')
      await log.release(id, first)
      for (let revivals = 1; revivals <= 3; revivals++) {
        const lease = longLease()
        await claim(context, lease, revivals)
        await claim(context, lease, revivals)
        await append(context, lease, batchOf(revivals, 1))
        await log.release(id, lease)
      }
      checkEqual(await readAll(context, 0), eventsFrom(1, 3), 'the stored events')
    },
  },
  'grants a lease by a claim, which expires, and which keeps others from a seal': {
    async run(context) {
      const { log, other, id } = context
      await abandon(context)
      const lease = { ...longLease(), leaseMs: 120_000 }
      await claim(context, lease, 1)
      const { leaseLeftMs } = await read(context, 0)
      const isRight = leaseLeftMs > 60_000 && leaseLeftMs <= 120_000
      check(isRight, `${leaseLeftMs} ms of the lease are left after claim()`)
      await other.seal(id, batchOf(3, 1, true))
      checkEqual((await read(context, 0)).ended, false, 'ended by a seal while the lease is held')
      checkEqual(await log.renew(id, { ...lease, leaseMs: 50 }), 'held', 'renew()')
      await untilLapsed(context)
      await checkLost(context, lease)
      await claim(context, longLease(), 2)
    },
  },
  'reports a stop to the producer that claims the stream afterwards': {
    async run(context) {
      const { log, other, id } = context
      for (const isAbandoned of [true, false]) {
        const own = { ...context, id: `${id} ${isAbandoned}` }
        const former = longLease()
        await create(own, former)
        await append(own, former, batchOf(1, 1))
        if (isAbandoned) await log.release(own.id, former)
        checkEqual(await other.stop(own.id), true, 'stop()')
        await log.release(own.id, former)
        const lease = longLease()
        await claim(own, lease, 1)
        checkEqual(await log.renew(own.id, lease), 'stopping', 'renew()')
        await append(own, lease, batchOf(2, 1), 'stopping')
      }
    },
  },
  'keeps a claimed stream beyond its time to live while its lease is held': {
    ttlMs: 400,
    async run(context) {
      const former = longLease()
      await create(context, former)
      await context.log.release(context.id, former)
      const lease = longLease()
      await claim(context, lease, 1)
      await new Promise((resolve) => setTimeout(resolve, 900))
      await append(context, lease, batchOf(1, 1))
      checkEqual(await readAll(context, 0), eventsFrom(1, 1), 'the stored events')
    },
  },
  'deletes a released stream that nobody claims after its time to live': {
    ttlMs: 100,
    async run(context) {
      const { log, other, id } = context
      const lease = longLease()
      await create(context, lease)
      await log.release(id, lease)
      const isGone = async (): Promise<boolean> => (await other.read(id, 0)) === null
      await until(context, 'the deletion of the stream', isGone)
      checkEqual(await log.claim(id, longLease()), null, 'claim()')
    },
  },
  'ends a lease at once on release, and notifies the listeners': {
    async run(context) {
      const { log, id } = context
      const lease = longLease()
      const notes = new Notes()
      const elsewhere = new Notes()
      await create(context, lease)
      await append(context, lease, batchOf(1, 1))
      await context.listen(context.other, id, notes)
      await context.listen(context.other, `${id} 2`, elsewhere)
      const missed = notes.misses
      await log.release(id, lease)
      checkEqual((await read(context, 0)).leaseLeftMs, 0, 'the rest of the lease')
      await until(context, 'the notification of the release', () => notes.misses > missed)
      checkEqual(elsewhere.misses, 0, 'the notifications of a listener of another stream')
      await checkLost(context, lease)
      await log.release(id, lease)
      await claim(context, longLease(), 1)
    },
  },
  'ignores a release by another producer, or after the end': {
    async run(context) {
      const { log, other, id } = context
      await log.release(id, longLease())
      checkEqual(await log.read(id, 0), null, 'read() after release() of an unknown stream')
      const former = longLease()
      await create(context, former)
      await other.release(id, longLease())
      await append(context, former, batchOf(1, 1))
      await log.release(id, former)
      const lease = longLease()
      await claim(context, lease, 1)
      // Late, after another producer has taken over.
      await log.release(id, former)
      await append(context, lease, batchOf(2, 1, true))
      await log.release(id, lease)
      checkEqual(await log.claim(id, longLease()), null, 'claim() of an ended stream')
      const { last, ended, leaseLeftMs } = await read(context, 0)
      const expected = { last: 2, ended: true, leaseLeftMs: 0 }
      checkEqual({ last, ended, leaseLeftMs }, expected, 'read()')
    },
  },
}
