/**
 * Events by the batch, and any iterable read as such.
 *
 * @module
 */

import { StreamError } from '../errors.js'
import type { StreamEvent } from '../types.js'

/** Takes what came, all that one network chunk held, and its id as `Encoder.encode` takes it; null when nothing more will. */
export type Receive = (batch: readonly StreamEvent[] | null, firstId?: number | null) => void

/** What carriers read: events by the batch. */
export interface BatchReader {
  /** One at a time. */
  read(receive: Receive): void
  /** A read that waits is answered, by the error that this makes of a stream of our own, and by null for any other. */
  cancel(reason?: unknown): void
}

/** Reads an iterable of which nothing is known: each event is a batch, and what it throws is an error event. */
export class IterableReader implements BatchReader {
  readonly #iterator: AsyncIterator<StreamEvent>
  #receive: Receive | undefined
  #over = false

  constructor(iterator: AsyncIterator<StreamEvent>) {
    this.#iterator = iterator
  }

  read(receive: Receive): void {
    if (this.#over) return receive(null)
    this.#receive = receive
    this.#iterator.next().then(
      (result) => {
        if (result.done) this.#over = true
        this.#tell(result.done ? null : [result.value])
      },
      (thrown: unknown) => {
        this.#over = true
        const error = StreamError.from(thrown)
        this.#tell([
          { type: 'error', error, partial: { role: 'assistant', content: [] }, attempts: 1 },
        ])
      },
    )
  }

  cancel(): void {
    this.#over = true
    this.#iterator.return?.().catch(() => {})
    this.#tell(null)
  }

  #tell(batch: readonly StreamEvent[] | null): void {
    const receive = this.#receive
    this.#receive = undefined
    receive?.(batch)
  }
}
