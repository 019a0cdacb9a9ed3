/**
 * Events as server-sent events.
 *
 * @module
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import { checkOptions, delay, has, type Rules, rule } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import type { DataChannel } from './data-channel.js'
import { type Exposed, eventJson, safeLines, unwritable } from './event-json.js'
import { type EventFormatOptions, eventFormatRules, streamSettings } from './options.js'
import { eventStream } from './server-sent-events.js'

/** Options of `sse()`. */
export interface SseOptions extends EventFormatOptions {
  /**
   * How long a browser's EventSource waits before it reconnects, in milliseconds (the `retry:`
   * field).
   * @default not sent; browsers wait about 3 seconds
   */
  retryMs?: number
  /** Events of the application for the reader of this response: `dataChannel()`. */
  data?: DataChannel
}

const rules: Rules<SseOptions> = {
  ...eventFormatRules,
  retryMs: delay,
  data: rule('a dataChannel()', (value) => has(value, 'push', 'listen')),
}

/**
 * Each event as `id:` (a number from 1, or the event's number in its log), `event:` (its type) and
 * `data:` (the event as one line of JSON). Errors are sent as `StreamError.toJSON()`, without the
 * provider's words.
 *
 * @throws TypeError for an invalid option
 */
export function sse(options: SseOptions = {}): Format {
  checkOptions('sse', options, rules)
  const settings = streamSettings(options)
  const { retryMs = Infinity, exposeRaw = false, data } = options
  const exposed = { exposeErrors: settings.exposeErrors, exposeRaw }
  const prologue = retryMs === Infinity ? '' : `retry: ${Math.round(retryMs)}\n\n`
  return eventStream(settings, {
    encoder: () => new SseEncoder(prologue, exposed, data),
  })
}

class SseEncoder implements Encoder {
  #prologue: string
  readonly #exposed: Exposed
  readonly #data: DataChannel | undefined
  /** How much of the data was written. */
  #dataAt = 0
  #id = 0
  ended: StreamError | undefined

  constructor(prologue: string, exposed: Exposed, data: DataChannel | undefined) {
    this.#prologue = prologue
    this.#exposed = exposed
    this.#data = data
  }

  encode(events: readonly StreamEvent[], firstId?: number | null): string {
    let text = this.#prologue
    this.#prologue = ''
    if (this.#data !== undefined) text += this.#takeData(this.#data)
    if (typeof firstId === 'number') this.#id = firstId - 1
    for (const given of events) {
      if (this.ended !== undefined) break
      let event = given
      let json: string
      try {
        json = eventJson(event, this.#exposed)
      } catch (cause) {
        event = unwritable(given, cause)
        this.ended = event.error
        json = eventJson(event, this.#exposed)
      }
      // An event without an id keeps the last one that the browser remembers.
      if (firstId !== null) text += `id: ${++this.#id}\n`
      // JSON has no raw line breaks, so the data is always one line.
      text += `event: ${event.type}\ndata: ${json}\n\n`
    }
    return safeLines(text)
  }

  listen(onText: () => void): () => void {
    const data = this.#data
    if (data === undefined) return () => {}
    if (data.written.length > this.#dataAt) onText()
    return data.listen(onText)
  }

  #takeData({ written }: DataChannel): string {
    const text = written.slice(this.#dataAt).join('')
    this.#dataAt = written.length
    return text
  }
}
