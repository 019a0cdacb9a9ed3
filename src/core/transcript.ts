/**
 * Collects the events of one stream for its terminal event.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, StreamEvent } from '../base/events.js'

const nothing: readonly StreamEvent[] = []

export class Transcript {
  readonly #content = new Accumulator()
  #held = nothing
  /** The number of attempts. */
  attempts = 1

  get content(): Accumulator {
    this.settle()
    return this.#content
  }

  /** The length of the content without the batch that is held, in characters. */
  get length(): number {
    return this.#content.length
  }

  add(event: StreamEvent): void {
    if (event.type === 'retry') this.attempts = Math.max(this.attempts, event.attempt)
    this.#content.add(event)
  }

  /** Adds a batch later, because its reader may not take all of it. */
  hold(batch: readonly StreamEvent[]): void {
    this.settle()
    this.#held = batch
  }

  /** Adds the batch that is held, or its first events. */
  settle(count?: number): void {
    const held = this.#held
    if (held.length === 0) return
    this.#held = nothing
    for (const event of count === undefined ? held : held.slice(0, count)) this.add(event)
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
