/**
 * The end of a body after its last event.
 *
 * @module
 */

import { keepAlive } from '../base/timers.js'

/**
 * How long the server has to end the body after the last event, in milliseconds. A body that is
 * read to its end leaves a connection that the next request can use; an aborted one does not.
 */
const drainMs = 500

/**
 * Reads a body to its end, and gives up if the end does not come.
 *
 * @param abort - ends the connection. It is called after the end of the body too, because the
 *   Anthropic SDK (1.12) keeps every response whose signal has not aborted.
 */
export function drain(reader: ReadableStreamDefaultReader<Uint8Array>, abort: () => void): void {
  const timer = setTimeout(abort, drainMs)
  keepAlive(timer, false)
  const stop = (): void => {
    clearTimeout(timer)
    abort()
  }
  const next = (result: ReadableStreamReadResult<Uint8Array>): void => {
    if (result.done) stop()
    else reader.read().then(next, stop)
  }
  reader.read().then(next, stop)
}
