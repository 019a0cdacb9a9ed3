/**
 * Bytes to lines.
 *
 * @module
 */

import { maxEventLength, tooLong } from './sse.js'

/** Feeds one body, chunk by chunk. Empty lines are skipped, and a last line without its end is one that was cut. */
export class LineReader {
  readonly #decoder = new TextDecoder()
  readonly #onLine: (line: string) => void
  #rest = ''

  /** @param onLine - takes one line; it may throw, which ends the reading of that chunk */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** @throws whatever the callback throws, and StreamError `protocol` for a line that is too long */
  feed(chunk: Uint8Array): void {
    const lines = this.#decoder.decode(chunk, { stream: true }).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      const whole = this.#rest + line
      this.#rest = ''
      if (whole.trim() !== '') this.#onLine(whole)
    }
    this.#rest += rest
    if (this.#rest.length > maxEventLength) throw tooLong()
  }
}
