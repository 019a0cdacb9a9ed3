/**
 * Notices a connection that is open and dead.
 *
 * @module
 */

/** Silence begins up to one tick before it is noticed: one eighth is what the watchdog may be late. */
const ticksPerLimit = 8

/**
 * One timer with a coarse tick, armed while somebody waits. It counts ticks, not time: a computer that wakes up gives what it slept
 * through a moment to arrive.
 */
export class Watchdog {
  readonly #onExpire: (limitMs: number) => void
  #limitMs = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #silentTicks = 0
  /** To be set whenever anything comes. */
  fed = false
  /** Whether somebody waits. A reader who does not read cannot know what has come. */
  waiting = false

  /** @param onExpire - called once nothing has come for 1 to 1.125 times the limit; never early */
  constructor(onExpire: (limitMs: number) => void) {
    this.#onExpire = onExpire
  }

  /** Begins anew with another limit, in milliseconds. */
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
    // The next wait begins anew.
    if (!this.waiting) return
    this.#silentTicks = this.fed ? 0 : this.#silentTicks + 1
    this.fed = false
    if (this.#silentTicks < ticksPerLimit) this.#arm()
    else this.#onExpire(this.#limitMs)
  }
}
