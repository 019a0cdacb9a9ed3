/**
 * Notices a client that takes nothing.
 *
 * @module
 */

import { keepAlive } from '../base/timers.js'
import type { BatchReader } from '../core/event-feed.js'

/** The default of `readerTimeoutMs`, in milliseconds. */
export const defaultReaderTimeoutMs: number = 120_000

/**
 * How long such a client has once the stream is over, in milliseconds: the response waits for it
 * alone.
 */
const overMs = 1_000

const ticksPerTimeout = 4

/**
 * One timer a stream, started when data waits for the first time. It looks four times within the
 * timeout, so it may be late by a quarter.
 */
export class ReaderTimeout {
  readonly #timeoutMs: number
  readonly #pending: () => number
  readonly #onTimeout: () => void
  /** Neither the timer nor the stream keeps a body alive that its consumer has dropped. */
  readonly #weak = weak(this)
  #timer: ReturnType<typeof setInterval> | undefined
  #isWaiting = false
  #ticks = 0
  #lastPending = 0

  /** @param pending - how much the client has not taken; a change is progress */
  constructor(
    reader: BatchReader,
    timeoutMs: number,
    pending: () => number,
    onTimeout: () => void,
  ) {
    this.#timeoutMs = timeoutMs
    this.#pending = pending
    this.#onTimeout = onTimeout
    const self = this.#weak
    reader.onOver(() => {
      const timeout = self.deref()
      timeout?.over()
    })
  }

  /** Data waits for the client. */
  wait(): void {
    this.#isWaiting = true
    if (this.#timer === undefined && this.#timeoutMs !== Infinity) this.#start(this.#timeoutMs)
  }

  /** The client has taken all that waited. */
  taken(): void {
    this.#isWaiting = false
    this.#ticks = 0
  }

  stop(): void {
    this.#isWaiting = false
    clearInterval(this.#timer)
  }

  /** The stream has failed, or ended while data waits: the response waits for its client alone. */
  over(): void {
    if (!this.#isWaiting || this.#timeoutMs <= overMs) return
    clearInterval(this.#timer)
    this.#ticks = 0
    this.#start(overMs)
  }

  #start(timeoutMs: number): void {
    const self = this.#weak
    const timer = setInterval(() => {
      const timeout = self.deref()
      if (timeout === undefined) clearInterval(timer)
      else timeout.#onTick()
    }, timeoutMs / ticksPerTimeout)
    keepAlive(timer, false)
    this.#timer = timer
  }

  #onTick(): void {
    if (!this.#isWaiting) return
    const pending = this.#pending()
    if (pending !== this.#lastPending) this.#ticks = 0
    this.#lastPending = pending
    if (++this.#ticks > ticksPerTimeout) this.#onTimeout()
  }
}

/** A strong reference in runtimes that have no weak ones. */
function weak<T extends object>(value: T): { deref(): T | undefined } {
  return typeof WeakRef === 'undefined' ? { deref: () => value } : new WeakRef(value)
}
