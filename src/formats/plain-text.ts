/**
 * The text of the answer and nothing else.
 *
 * @module
 */

import { StreamError } from '../errors.js'
import type { Encoder, Format, StreamEvent } from '../types.js'

/**
 * Text content as it comes. Text has no channel for errors: a failure before the first content becomes the status of the
 * response, a later one breaks the connection off, so that half an answer is never taken for a whole one. Text cannot unsay
 * either: a restart that voids text already written breaks it off with `retracted`.
 */
export function plainText(): Format {
  return {
    contentType: 'text/plain; charset=utf-8',
    headers: {
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      // Some browsers hold text back until they have guessed its type.
      'x-content-type-options': 'nosniff',
    },
    encoder: () => new PlainTextEncoder(),
    earlyStatus: true,
    failure: (error) => ({
      contentType: 'text/plain; charset=utf-8',
      body: `${error.toJSON().message}\n`,
    }),
  }
}

class PlainTextEncoder implements Encoder {
  #written = false
  failure: StreamError | undefined

  encode(events: readonly StreamEvent[]): string {
    let text = ''
    for (const event of events) {
      if (this.failure !== undefined) break
      if (event.type === 'content') {
        if (event.kind === 'text') text += event.text
      } else if (event.type === 'error') {
        this.failure = event.error
      } else if (event.type === 'retry' && event.mode === 'restart') {
        if (this.#written || text !== '') this.failure = retracted(event.error)
      }
    }
    if (text !== '') this.#written = true
    return text
  }
}

function retracted(cause: StreamError): StreamError {
  return new StreamError(
    'retracted',
    'The answer was begun again after some of its text had been sent, and plain text cannot take it back. Use sse(), or retry with afterContent "fail".',
    { cause },
  )
}
