/**
 * The text of the answer and nothing else.
 *
 * @module
 */

import { checkOptions, type Rules } from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import { errorJson } from './error-json.js'
import { type FormatOptions, formatRules } from './options.js'
import { retracted } from './retracted.js'

/** Options of `plainText()`. */
export type PlainTextOptions = FormatOptions

const rules: Rules<PlainTextOptions> = formatRules

/**
 * Text content as it arrives, that of all steps. Plain text has no place for errors: a failure before the first
 * content becomes the status of the response, and a later one breaks the connection off, so that
 * half an answer never looks complete. Plain text cannot be retracted either: a restart of a
 * step whose text has been sent breaks the connection off with `retracted`.
 *
 * @throws TypeError for an invalid option
 */
export function plainText(options: PlainTextOptions = {}): Format {
  checkOptions('plainText', options, rules)
  const { exposeErrors = false } = options
  return {
    contentType: 'text/plain; charset=utf-8',
    headers: {
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      // Some browsers buffer text until they have guessed its type.
      'x-content-type-options': 'nosniff',
    },
    encoder: () => new PlainTextEncoder(),
    earlyStatus: true,
    failure: (error) => ({
      contentType: 'text/plain; charset=utf-8',
      body: `${errorJson(error, exposeErrors).message}\n`,
    }),
  }
}

class PlainTextEncoder implements Encoder {
  /** The last block that has been sent; -1 for none. */
  #last = -1
  /**
   * The first half of a surrogate pair whose second half has not arrived yet. UTF-8 cannot encode
   * halves.
   */
  #half = ''
  failure: StreamError | undefined

  encode(events: readonly StreamEvent[]): string {
    let text = this.#half
    this.#half = ''
    for (const event of events) {
      if (this.failure !== undefined) break
      if (event.type === 'content') {
        if (event.kind !== 'text' || event.text === '') continue
        text += event.text
        this.#last = Math.max(this.#last, event.index)
      } else if (event.type === 'error') {
        this.failure = StreamError.from(event.error)
      } else if (event.type === 'retry' && event.mode === 'restart') {
        const { from = 0, error } = event
        if (this.#last >= from) this.failure = retracted(error, 'plain text')
      } else if (event.type === 'complete') return text
    }
    const last = text.charCodeAt(text.length - 1)
    if (last >= 0xd8_00 && last <= 0xdb_ff) {
      this.#half = text.slice(-1)
      text = text.slice(0, -1)
    }
    return text
  }
}
