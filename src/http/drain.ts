/**
 * The end of a body after its last event.
 *
 * @module
 */

import { keepAlive } from '../base/timers.js'
import type { BodyReader } from './body-reader.js'

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
export function drain(reader: BodyReader, abort: () => void): void {
  const timer = setTimeout(abort, drainMs)
  keepAlive(timer, false)
  const stop = (): void => {
    clearTimeout(timer)
    abort()
  }
  const next = (chunk: Uint8Array | undefined): void => {
    if (chunk === undefined) stop()
    else reader.read(next, stop)
  }
  reader.read(next, stop)
}
