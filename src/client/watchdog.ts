/**
 * Detects a connection that is open but dead.
 *
 * @module
 */

/**
 * Silence can start up to one tick before it is detected, so the watchdog may be late by one eighth
 * of the limit.
 */
const ticksPerLimit = 8

/**
 * One timer with a coarse tick, armed while the reader waits. It counts ticks instead of time, so
 * that after a computer wakes up, data that is on its way has time to arrive.
 */
export class Watchdog {
  readonly #onExpire: (limitMs: number) => void
  #limitMs = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #silentTicks = 0
  /** Set by the owner whenever bytes arrive. */
  fed = false
  /** Whether the reader waits. Without a read, nothing can be detected. */
  waiting = false

  /**
   * @param onExpire - called once nothing has arrived for 1 to 1.125 times the limit; never early
   */
  constructor(onExpire: (limitMs: number) => void) {
    this.#onExpire = onExpire
  }

  /** Restarts with another limit, in milliseconds. */
  watch(limitMs: number): void {
    this.stop()
    this.#limitMs = limitMs
    this.wait()
  }

  wait(): void {
    this.waiting = true
    if (this.#timer !== undefined || this.#limitMs === Infinity) return
    this.#silentTicks = 0
    this.fed = false
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#limitMs = Infinity
  }

  #arm(): void {
    this.#timer = setTimeout(this.#onTick, Math.ceil(this.#limitMs / ticksPerLimit))
  }

  readonly #onTick = (): void => {
    this.#timer = undefined
    // The next wait restarts the count.
    if (!this.waiting) return
    this.#silentTicks = this.fed ? 0 : this.#silentTicks + 1
    this.fed = false
    if (this.#silentTicks < ticksPerLimit) this.#arm()
    else this.#onExpire(this.#limitMs)
  }
}
