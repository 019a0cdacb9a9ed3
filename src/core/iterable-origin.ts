/**
 * Reads events from any async iterable.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isEventType, isTerminal, type StreamEvent } from '../base/events.js'
import type { EventOrigin, EventSink } from './event-feed.js'

/**
 * Delivers each event as a batch. A thrown error and an end without a terminal event are failures.
 */
export class IterableOrigin implements EventOrigin {
  readonly #iterator: AsyncIterator<StreamEvent>
  #closed = false

  constructor(events: AsyncIterable<StreamEvent>) {
    this.#iterator = events[Symbol.asyncIterator]()
  }

  pull(sink: EventSink): void {
    this.#next().then(
      ({ done, value: event }) => {
        if (this.#closed) return
        if (done) {
          const message = 'The events ended without a complete or error event.'
          return sink.fail(new StreamError('interrupted', message))
        }
        // Formats write the type as it is, so a line break in it would start another event.
        const type: unknown = event?.type
        if (!isEventType(type)) {
          this.close()
          const message = `Unknown event type ${JSON.stringify(String(type))}.`
          return sink.fail(new StreamError('protocol', message))
        }
        if (isTerminal(event)) this.#runToEnd()
        sink.events([event])
      },
      (thrown: unknown) => {
        if (!this.#closed) sink.fail(StreamError.from(thrown))
      },
    )
  }

  close(): void {
    this.#closed = true
    this.#iterator.return?.().catch(() => {})
  }

  /** Turns a synchronous throw of the iterator into a rejection. */
  async #next(): Promise<IteratorResult<StreamEvent, unknown>> {
    return this.#iterator.next()
  }

  /** Lets a generator run the code after its last event, as `for await` does. */
  #runToEnd(): void {
    this.#next().then(
      ({ done }) => (done ? undefined : this.#iterator.return?.()),
      () => {},
    )
  }
}
