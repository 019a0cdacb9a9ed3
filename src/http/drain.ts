/**
 * The end of a body that has said all it had to say.
 *
 * @module
 */

import { keepAlive } from '../base/timers.js'

/**
 * How long the connection stays open after the last event for the server to end the body, in milliseconds. A body that is read
 * to its end leaves a connection that the next request can use; an aborted one does not.
 */
const drainMs = 500

/**
 * Reads a body to its end, and gives it up where it does not come.
 *
 * @param abort - ends the connection, and lets go of what waits for that. Called after the end of the body too: the Anthropic SDK (1.12)
 * holds on to every response whose signal has not aborted, with all that hangs on it.
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
