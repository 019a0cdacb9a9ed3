/**
 * Runs a function at most once per frame.
 *
 * @module
 */

/**
 * The wait on a hidden page, which has no frames, in milliseconds. Browsers throttle the timers of
 * hidden pages to about this rate.
 */
const unseenMs = 1_000

/** The wait in a runtime without frames, in milliseconds. */
const withoutFramesMs = 16

export class Frame {
  readonly #work: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #frame: number | undefined

  constructor(work: () => void) {
    this.#work = work
  }

  /** Runs the function in the next frame, once for any number of calls. */
  request(): void {
    if (this.#timer !== undefined) return
    const hasFrames = typeof globalThis.requestAnimationFrame === 'function'
    if (hasFrames) this.#frame = requestAnimationFrame(this.#run)
    this.#timer = setTimeout(this.#run, hasFrames ? unseenMs : withoutFramesMs)
  }

  cancel(): void {
    clearTimeout(this.#timer)
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#timer = this.#frame = undefined
  }

  readonly #run = (): void => {
    this.cancel()
    this.#work()
  }
}
