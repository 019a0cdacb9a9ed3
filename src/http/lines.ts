/**
 * Bytes to lines.
 *
 * @module
 */

import { maxEventLength, tooLong } from './sse.js'

/** Reads one body, chunk by chunk. Empty lines are skipped. */
export class LineReader {
  readonly #decoder = new TextDecoder()
  readonly #onLine: (line: string) => void
  #rest = ''

  /** @param onLine - takes one line; it may throw, which ends the reading of that chunk */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /**
   * @throws whatever the callback throws, and StreamError `protocol` for a line that is too long
   */
  feed(chunk: Uint8Array): void {
    this.#read(this.#decoder.decode(chunk, { stream: true }))
    if (this.#rest.length > maxEventLength) throw tooLong()
  }

  /**
   * Reads a last line without a line break. It may have been cut: whether it is whole is for its
   * reader to decide.
   */
  end(): void {
    this.#read(`${this.#decoder.decode()}\n`)
  }

  #read(text: string): void {
    const lines = text.split('\n')
    const rest = lines.pop()
    for (const line of lines) {
      const whole = this.#rest + line
      this.#rest = ''
      if (whole.trim()) this.#onLine(whole)
    }
    this.#rest += rest
  }
}
