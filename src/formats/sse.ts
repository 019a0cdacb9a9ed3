/**
 * Events as server-sent events.
 *
 * @module
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import { checkDelay, checkKeys, checkLimit, optionError } from '../check.js'
import type { Encoder, Format, StreamEvent } from '../types.js'
import { jsonFailure } from './failure.js'

export interface SseOptions {
  /**
   * The longest silence before a comment is sent that keeps the connection open, in milliseconds; `Infinity` for none.
   * @default 15_000
   */
  heartbeatMs?: number
  /**
   * How long a browser's EventSource waits before it connects again, in milliseconds (the `retry:` field).
   * @default not sent; browsers take about 3 seconds
   */
  retryMs?: number
  /**
   * Begin the response with the first content, so that an earlier failure becomes a real HTTP status.
   * @default false
   */
  earlyStatus?: boolean
}

/**
 * Each event as `id:` (a number that counts from 1; of a stream that is kept, its number there), `event:` (its type) and `data:` (the event as one line of JSON). Errors go
 * out as `StreamError.toJSON()`, without the provider's words.
 *
 * @throws TypeError for a bad option
 */
export function sse(options: SseOptions = {}): Format {
  if (typeof options !== 'object' || options === null)
    throw optionError('sse', options, 'an object')
  checkKeys('sse', options, ['heartbeatMs', 'retryMs', 'earlyStatus'])
  const heartbeatMs = checkLimit('sse.heartbeatMs', options.heartbeatMs, 15_000)
  const retryMs = checkDelay('sse.retryMs', options.retryMs, Infinity)
  return {
    contentType: 'text/event-stream; charset=utf-8',
    // no-transform and x-accel-buffering: proxies (nginx and its kind) pass each event on at once
    headers: { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' },
    encoder: () => new SseEncoder(retryMs === Infinity ? '' : `retry: ${Math.round(retryMs)}\n\n`),
    ...(heartbeatMs === Infinity ? {} : { heartbeat: { text: ':\n\n', everyMs: heartbeatMs } }),
    earlyStatus: options.earlyStatus ?? false,
    failure: jsonFailure,
  }
}

class SseEncoder implements Encoder {
  #prologue: string
  #id = 0

  constructor(prologue: string) {
    this.#prologue = prologue
  }

  encode(events: readonly StreamEvent[], firstId?: number | null): string {
    let text = this.#prologue
    this.#prologue = ''
    if (typeof firstId === 'number') this.#id = firstId - 1
    for (const event of events) {
      // Without an id of its own, an event leaves the one that a browser remembers.
      if (firstId !== null) text += `id: ${++this.#id}\n`
      // JSON has no raw line breaks, so the data is always one line.
      text += `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    }
    return text
  }
}
