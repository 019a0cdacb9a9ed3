/**
 * Reads a response that was written with `sse()` or `ndjson()`.
 *
 * @module
 */

import type { EventStream } from '../base/event-stream.js'
import { refusePromise } from '../base/refuse-promise.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { ResponseSource } from './response.js'

/**
 * Reads the events of a response. If the connection is cut before the last event, the stream ends
 * with an `error` of code `interrupted` or `network`, never in silence. A response that is not 2xx
 * becomes the error in its body. The messages of errors are those that the server sends: the public
 * sentence of the code, unless its format exposes errors.
 *
 * @throws TypeError for anything that is not a response, such as a promise of one
 * @example
 * ```ts
 * for await (const event of readStream(await fetch('/ai/sse', { method: 'POST', body }))) {
 *   if (event.type === 'content' && event.kind === 'text') show(event.text)
 * }
 * ```
 */
export function readStream(response: Response): EventStream {
  refusePromise('response', response)
  if (typeof response?.headers?.get !== 'function') {
    throw new TypeError('Option "response" is not a response. Pass one, such as await fetch(url).')
  }
  return new Stream(new ReceivedAnswer(new ResponseSource(response)))
}
