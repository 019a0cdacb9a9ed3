/**
 * Events as lines of JSON.
 *
 * @module
 * @see https://github.com/ndjson/ndjson-spec
 */

import { checkOptions, type Rules } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import { jsonFailure } from './error-json.js'
import { type Exposed, eventJson, safeLines, unwritable } from './event-json.js'
import { type EventFormatOptions, eventFormatRules, streamSettings } from './options.js'

/** Options of `ndjson()`. */
export interface NdjsonOptions extends EventFormatOptions {
  /**
   * The longest silence before an empty line is sent to keep the connection open, in milliseconds.
   * `readStream` skips empty lines; not every reader does.
   * @default Infinity, which sends none
   */
  heartbeatMs?: number
}

const rules: Rules<NdjsonOptions> = eventFormatRules

/**
 * Each event as one line of JSON, for readers that split lines but do not parse server-sent events,
 * such as `jq`.
 *
 * @throws TypeError for an invalid option
 */
export function ndjson(options: NdjsonOptions = {}): Format {
  checkOptions('ndjson', options, rules)
  const { heartbeatMs = Infinity, exposeRaw = false } = options
  const { exposeErrors, ...settings } = streamSettings({ ...options, heartbeatMs }, '\n')
  return {
    ...settings,
    contentType: 'application/x-ndjson; charset=utf-8',
    headers: { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' },
    encoder: () => new NdjsonEncoder({ exposeErrors, exposeRaw }),
    failure: (error) => jsonFailure(error, exposeErrors),
  }
}

class NdjsonEncoder implements Encoder {
  readonly #exposed: Exposed
  ended: StreamError | undefined

  constructor(exposed: Exposed) {
    this.#exposed = exposed
  }

  encode(events: readonly StreamEvent[]): string {
    let text = ''
    for (const event of events) {
      if (this.ended !== undefined) break
      try {
        text += `${eventJson(event, this.#exposed)}\n`
      } catch (cause) {
        const failed = unwritable(event, cause)
        this.ended = failed.error
        text += `${eventJson(failed, this.#exposed)}\n`
      }
    }
    return safeLines(text)
  }
}
