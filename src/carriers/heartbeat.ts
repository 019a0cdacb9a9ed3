/**
 * Keeps an idle connection open.
 *
 * @module
 */

import type { Format } from '../base/stream-format.js'
import { keepAlive } from '../base/timers.js'

/** One timer a stream, at half the interval. What is sent sets a flag; a half without it sends the heartbeat. */
export class Heartbeat {
  /** To be set whenever something is sent, the heartbeat included. The headers were, just now. */
  sent = true
  readonly #timer: ReturnType<typeof setInterval> | undefined

  /** @param send - sends the text, unless the reader is not ready for it */
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
