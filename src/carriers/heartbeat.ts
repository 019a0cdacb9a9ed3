/**
 * Keeps an idle connection open.
 *
 * @module
 */

import type { Format } from '../types.js'

/** One timer a stream. Output sets a flag; at every half interval without it, the heartbeat is sent. */
export class Heartbeat {
  /** To be set whenever something is sent. */
  sent = false
  readonly #timer: ReturnType<typeof setInterval> | undefined

  /** @param send - sends the text, unless the reader is not ready for it */
  constructor(format: Format, send: (text: string) => void) {
    const { heartbeat } = format
    if (heartbeat === undefined) return
    const beat = (): void => {
      if (!this.sent) send(heartbeat.text)
      this.sent = false
    }
    this.#timer = setInterval(beat, heartbeat.everyMs / 2)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
