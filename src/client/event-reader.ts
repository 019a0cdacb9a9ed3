/**
 * Bytes to the events that `sse()` has written.
 *
 * @module
 */

import { createParser } from 'eventsource-parser'
import { maxEventLength, tooLong } from '../http/sse.js'

/**
 * Reads one body, chunk by chunk. Events of providers have a reader of their own: it accepts what
 * the format does not allow, and has a fast lane for events without ids.
 */
export class EventReader {
  readonly #decoder = new TextDecoder()
  readonly #parser

  /**
   * @param onEvent - it may throw, which ends the reading
   * @param onRetry - takes the wait before a reconnection that the server asks for, in milliseconds
   */
  constructor(
    onEvent: (data: string, id: string | undefined) => void,
    onRetry: (delayMs: number) => void,
  ) {
    this.#parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: ({ data, id }) => onEvent(data, id),
      onRetry,
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') throw tooLong()
      },
    })
    // TextDecoder removes one byte order mark; a blank line keeps the parser from removing a second
    // one.
    this.#parser.feed('\n')
  }

  /** @throws whatever the callback throws, and StreamError `protocol` for an event that is too long */
  feed(chunk: Uint8Array): void {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }))
  }
}
