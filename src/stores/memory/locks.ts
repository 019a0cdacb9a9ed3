/**
 * Locks inside one process.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import type { ConversationLock, LockOptions } from '../../conversation/store.js'
import { abortError } from '../../pull/abort.js'

/** How many turns may wait for one lock, so that what they hold stays bounded. */
const maxWaiting = 1_000

/** A holder of a lock, or one that waits for it. */
interface Holder {
  readonly ttlMs: number
  expiresAt: number
  /** Called when it gets the lock. */
  take(): void
}

/** The lock of one id. */
interface Lock {
  holder: Holder | undefined
  /** In the order of arrival. */
  readonly waiting: Set<Holder>
  /** Fires when the lease of the holder runs out. Set only while another one waits. */
  timer: ReturnType<typeof setTimeout> | undefined
}

/** Locks by id. A free lock takes no memory. */
export class Locks {
  readonly #locks = new Map<string, Lock>()

  isHeld(id: string): boolean {
    const holder = this.#locks.get(id)?.holder
    return holder !== undefined && holder.expiresAt > performance.now()
  }

  acquire(id: string, { ttlMs, wait = true, signal }: LockOptions): Promise<ConversationLock> {
    const lock = this.#locks.get(id) ?? { holder: undefined, waiting: new Set(), timer: undefined }
    if (lock.waiting.size >= maxWaiting) {
      const message = `${maxWaiting} turns of conversation "${id}" are waiting already.`
      return Promise.reject(new StreamError('conflict', message))
    }
    this.#locks.set(id, lock)
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        lock.waiting.delete(holder)
        this.#next(id, lock)
        reject(abortError(signal?.reason))
      }
      const holder: Holder = {
        ttlMs,
        expiresAt: 0,
        take: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve({
            renew: () => this.#renew(id, holder),
            release: () => this.#release(id, holder),
          })
        },
      }
      lock.waiting.add(holder)
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort)
      this.#next(id, lock)
      if (wait || lock.holder === holder) return
      lock.waiting.delete(holder)
      signal?.removeEventListener('abort', onAbort)
      this.#next(id, lock)
      reject(new StreamError('conflict', `Another turn of conversation "${id}" is running.`))
    })
  }

  /** Gives a free lock to the next holder that waits, and sets the timer for the others. */
  #next(id: string, lock: Lock): void {
    clearTimeout(lock.timer)
    lock.timer = undefined
    const now = performance.now()
    if (lock.holder !== undefined && lock.holder.expiresAt <= now) lock.holder = undefined
    const [first] = lock.waiting
    if (first === undefined) {
      if (lock.holder === undefined) this.#locks.delete(id)
      return
    }
    if (lock.holder === undefined) {
      lock.waiting.delete(first)
      lock.holder = first
      first.expiresAt = now + first.ttlMs
      first.take()
    }
    if (lock.waiting.size > 0) {
      lock.timer = setTimeout(() => this.#next(id, lock), lock.holder.expiresAt - now)
    }
  }

  #renew(id: string, holder: Holder): Promise<void> {
    const expiresAt = performance.now() + holder.ttlMs
    const lock = this.#locks.get(id)
    if (lock === undefined) {
      this.#locks.set(id, { holder, waiting: new Set(), timer: undefined })
    } else if (lock.holder !== holder) {
      const message = `The lock of conversation "${id}" ran out, and another turn took it.`
      return Promise.reject(new StreamError('conflict', message))
    }
    holder.expiresAt = expiresAt
    return Promise.resolve()
  }

  #release(id: string, holder: Holder): Promise<void> {
    const lock = this.#locks.get(id)
    if (lock?.holder === holder) {
      lock.holder = undefined
      this.#next(id, lock)
    }
    return Promise.resolve()
  }
}
