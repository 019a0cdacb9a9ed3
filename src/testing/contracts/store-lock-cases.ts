/**
 * The contract of a store: locks.
 *
 * @module
 */

import type { ConversationLock } from '../../conversation/store.js'
import { check } from './driver-checks.js'
import {
  checkEqual,
  checkRejects,
  keepRenewing,
  later,
  pause,
  type StoreCase,
  type StoreContext,
  soon,
  turnOf,
} from './store-case.js'

const long = { ttlMs: 30_000 }

function tryLock({ store, id }: StoreContext): Promise<ConversationLock> {
  return store.lock(id, { ...long, wait: false })
}

/** @param afterMs - the latest time at which the lock is free, in milliseconds */
function lockSoon({ store, id, deadlineMs }: StoreContext, afterMs = 0): Promise<ConversationLock> {
  return soon(afterMs + deadlineMs, 'lock()', store.lock(id, long))
}

export const lockCases: Record<string, StoreCase> = {
  'grants a lock to one holder at a time, and to the next after its release': {
    async run(context) {
      for (let round = 0; round < 3; round++) {
        const lock = await lockSoon(context)
        await checkRejects(context, tryLock(context), 'conflict', 'lock() without waiting')
        await lock.release()
      }
      const lock = await tryLock(context)
      await lock.release()
      // Does nothing.
      await lock.release()
    },
  },

  'locks each id separately': {
    async run(context) {
      const { store, id } = context
      const one = await store.lock(id, long)
      const other = await tryLock({ ...context, id: `${id} other` })
      await one.release()
      await checkRejects(
        context,
        tryLock({ ...context, id: `${id} other` }),
        'conflict',
        'lock() without waiting',
      )
      await other.release()
    },
  },

  'grants a lock to waiting callers in the order of arrival, one at a time': {
    async run({ store, id, deadlineMs }) {
      const first = await store.lock(id, long)
      const order: number[] = []
      let holders = 0
      const waiters: Promise<void>[] = []
      for (let index = 0; index < 4; index++) {
        const wait = async (): Promise<void> => {
          const lock = await store.lock(id, long)
          holders++
          check(holders === 1, 'two held the lock at once')
          order.push(index)
          await pause(5)
          holders--
          await lock.release()
        }
        waiters.push(later(wait()))
        // So that they arrive one after the other: a busy store has answered these by then, in each
        // of several processes and connections.
        for (let calls = 0; calls < 20; calls++) {
          await store.lock(id, { ...long, wait: false }).catch(() => {})
        }
        await pause(30)
      }
      checkEqual(order, [], 'the callers that got the lock while it was held')
      await first.release()
      await soon(4 * deadlineMs, 'the turns of all waiting callers', Promise.all(waiters))
      checkEqual(order, [0, 1, 2, 3], 'the order')
    },
  },

  'expires a lock that is not renewed, but not early': {
    async run(context) {
      const ttlMs = 200
      const heldAt = Date.now()
      await context.store.lock(context.id, { ttlMs })
      const next = await lockSoon(context, ttlMs)
      // Clocks with a resolution of milliseconds, in both processes.
      check(Date.now() - heldAt >= ttlMs - 2, `it expired after ${Date.now() - heldAt} ms`)
      await next.release()
    },
  },

  'keeps a renewed lock beyond its first duration': {
    async run(context) {
      const ttlMs = 600
      await keepRenewing(ttlMs * 2, ttlMs, async (round) => {
        const own = { ...context, id: `${context.id} ${round}` }
        const lock = await own.store.lock(own.id, { ttlMs })
        const meanwhile = (): Promise<void> =>
          checkRejects(own, tryLock(own), 'conflict', 'lock() without waiting')
        return { lock, meanwhile }
      })
    },
  },

  'refuses to renew or release a lock for a holder that has lost it': {
    async run(context) {
      const { store, id } = context
      const lost = await store.lock(id, { ttlMs: 50 })
      const other = await lockSoon(context, 50)
      await checkRejects(context, lost.renew(), 'conflict', 'renew()')
      await lost.release()
      await checkRejects(context, tryLock(context), 'conflict', 'lock() without waiting')
      await other.renew()
      await other.release()
    },
  },

  'lets a holder renew an expired lock that nobody has taken': {
    async run(context) {
      const { store, id } = context
      const lock = await store.lock(id, { ttlMs: 50 })
      await pause(100)
      await lock.renew()
      await lock.release()
      const next = await tryLock(context)
      await next.release()
    },
  },

  'rejects the commit of a holder that has lost the lock': {
    async run(context) {
      const { store, id } = context
      await store.write(id, { add: turnOf('before') }, null)
      await store.lock(id, { ttlMs: 50 })
      const slow = await store.load(id)
      const lock = await lockSoon(context, 50)
      const quick = await store.load(id)
      await store.write(id, { add: turnOf('quick') }, quick.version)
      await lock.release()
      const late = store.write(id, { add: turnOf('slow') }, slow.version)
      await checkRejects(context, late, 'conflict', 'write() after losing the lock')
      const expected = [...turnOf('before'), ...turnOf('quick')]
      checkEqual((await store.load(id)).messages, expected, 'the messages')
    },
  },

  'ends a wait at once on abort, and grants the lock to the next caller': {
    async run(context) {
      const { store, id } = context
      const lock = await store.lock(id, long)
      const controller = new AbortController()
      const { signal } = controller
      const waiting = later(store.lock(id, { ...long, signal }))
      await pause(30)
      const next = later(store.lock(id, long))
      await pause(30)
      controller.abort(new Error('The test ends this wait.'))
      await checkRejects(context, waiting, 'aborted', 'lock()')
      await lock.release()
      await (await soon(context.deadlineMs, 'the next lock', next)).release()
    },
  },

  'takes no lock with an aborted signal': {
    async run(context) {
      const { store, id } = context
      const signal = AbortSignal.abort(new Error('The test ends this wait.'))
      await checkRejects(context, store.lock(id, { ...long, signal }), 'aborted', 'lock()')
      await (await tryLock(context)).release()
    },
  },

  'ignores the signal once the lock is held': {
    async run(context) {
      const { store, id } = context
      const controller = new AbortController()
      const lock = await store.lock(id, { ...long, signal: controller.signal })
      controller.abort(new Error('The test ends nothing.'))
      await checkRejects(context, tryLock(context), 'conflict', 'lock() without waiting')
      await lock.renew()
      await lock.release()
    },
  },
}
