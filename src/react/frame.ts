/**
 * Work that is done once a frame.
 *
 * @module
 */

/**
 * For a page that is not seen, which has no frames; in milliseconds. Browsers let timers of such a page wait about as long, and a page
 * that is seen draws in frames alone.
 */
const unseenMs = 1_000

/** Where there are no frames at all, in milliseconds. */
const withoutFramesMs = 16

export class Frame {
  readonly #work: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #frame: number | undefined

  constructor(work: () => void) {
    this.#work = work
  }

  /** Has the work done in the next frame, however often it is called before. */
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
