/**
 * A response that was written with `sse()` or `ndjson()`, read back as events.
 *
 * @module
 */

import type { EventStream } from '../base/event-stream.js'
import { refusePromise } from '../base/refuse-promise.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { ResponseSource } from './response.js'

/**
 * The events of a response. A connection that is cut before the last event ends in an `error` of code `interrupted` or
 * `network`, never in silence; a response that is not 2xx becomes the error it carries. The messages of errors are what the
 * server sends: the public sentence for the code, unless its format exposes errors.
 *
 * @throws TypeError for what is no response, such as a promise of one
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
