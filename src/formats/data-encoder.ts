/**
 * Shared by the encoders that turn one event into any number of `data:` lines.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder } from '../base/stream-format.js'
import { safeLines, unwritable } from './event-json.js'
import { dataLine } from './server-sent-events.js'

export abstract class DataEncoder implements Encoder {
  protected out = ''
  ended: StreamError | undefined

  encode(events: readonly StreamEvent[]): string {
    this.out = ''
    for (const event of events) {
      if (this.ended !== undefined) break
      try {
        this.encodeEvent(event)
      } catch (cause) {
        const failed = unwritable(event, cause)
        this.encodeEvent(failed)
        this.ended = failed.error
      }
    }
    return safeLines(this.out)
  }

  /** Appends the lines of one event to `out`. */
  protected abstract encodeEvent(event: StreamEvent): void

  protected write(data: object): void {
    this.out += dataLine(data)
  }
}
