/**
 * The events of one stream so far, folded into what its end says about them.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, StreamEvent } from '../base/events.js'

export class Transcript {
  readonly content: Accumulator = new Accumulator()
  /** How many attempts were made. */
  attempts = 1

  add(event: StreamEvent): void {
    if (event.type === 'retry') this.attempts = Math.max(this.attempts, event.attempt)
    this.content.add(event)
  }

  /** The error event of a stream that ends now, with what came until then. */
  failure(error: StreamError): ErrorEvent {
    return {
      type: 'error',
      error,
      partial: this.content.message(true),
      attempts: this.attempts,
    }
  }
}
