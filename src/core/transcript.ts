/**
 * Collects the events of one stream for its terminal event.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, StreamEvent } from '../base/events.js'

export class Transcript {
  readonly content: Accumulator = new Accumulator()
  /** The number of attempts. */
  attempts = 1

  add(event: StreamEvent): void {
    if (event.type === 'retry') this.attempts = Math.max(this.attempts, event.attempt)
    this.content.add(event)
  }

  /** The `error` event of a stream that ends now, with the content so far. */
  failure(error: StreamError): ErrorEvent {
    return {
      type: 'error',
      error,
      partial: this.content.message(true),
      attempts: this.attempts,
    }
  }
}
