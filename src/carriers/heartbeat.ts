/**
 * Keeps an idle connection open.
 *
 * @module
 */

import type { Format } from '../base/stream-format.js'
import { keepAlive } from '../base/timers.js'

/**
 * One timer a stream, at half the interval. Every write sets a flag; half an interval without a
 * write sends the heartbeat.
 */
export class Heartbeat {
  /**
   * MUST be set whenever something is written, the heartbeat included. It begins set because the
   * headers have just been sent.
   */
  sent = true
  readonly #timer: ReturnType<typeof setInterval> | undefined

  /** @param send - writes the text if the body is ready for it */
  constructor(format: Format, send: (text: string) => void) {
    const { heartbeat } = format
    if (heartbeat === undefined) return
    const beat = (): void => {
      if (this.sent) this.sent = false
      else send(heartbeat.text)
    }
    this.#timer = setInterval(beat, heartbeat.everyMs / 2)
    keepAlive(this.#timer, false)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
