/**
 * Runs a function at most once per frame, or in any other time.
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
  /** The wait in place of a frame, in milliseconds. */
  everyMs: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #frame: number | undefined

  constructor(work: () => void) {
    this.#work = work
  }

  /** Runs the function in the next frame, once for any number of calls. */
  request(): void {
    if (this.#timer !== undefined) return
    const hasFrames = typeof globalThis.requestAnimationFrame === 'function'
    const isFrame = hasFrames && this.everyMs === undefined
    if (isFrame) this.#frame = requestAnimationFrame(this.#run)
    this.#timer = setTimeout(this.#run, isFrame ? unseenMs : (this.everyMs ?? withoutFramesMs))
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
