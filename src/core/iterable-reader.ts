/**
 * Events by the batch, and any iterable read as such.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'

/** Takes what came, all that one network chunk held, and its id as `Encoder.encode` takes it; null when nothing more will. */
export type Receive = (batch: readonly StreamEvent[] | null, firstId?: number | null) => void

/** What carriers read: events by the batch. */
export interface BatchReader {
  /** One at a time. */
  read(receive: Receive): void
  cancel(reason?: unknown): void
}

const types = ['start', 'content', 'retry', 'complete', 'error']

/**
 * Reads an iterable of which nothing is known: each event is a batch, what it throws is an error event, and so is an end without
 * a last event.
 */
export class IterableReader implements BatchReader {
  readonly #iterator: AsyncIterator<StreamEvent>
  readonly #accumulator = new Accumulator()
  #attempts = 1
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
        if (result.done) {
          return this.#fail(new StreamError('interrupted', 'The events ended without a last one.'))
        }
        if (!types.includes(result.value?.type)) return this.#refuse(result.value)
        this.#take(result.value)
        this.#tell([result.value])
      },
      (thrown: unknown) => this.#fail(StreamError.from(thrown)),
    )
  }

  cancel(): void {
    this.#over = true
    this.#iterator.return?.().catch(() => {})
    // A generator answers the read that waits only when it goes on, and it may never.
    this.#tell(null)
  }

  #take(event: StreamEvent): void {
    if (event.type === 'content') this.#accumulator.add(event)
    else if (event.type === 'retry') {
      this.#attempts = event.attempt
      if (event.mode === 'restart') this.#accumulator.reset()
    } else if (event.type !== 'start') this.#finish()
  }

  /** A generator may have things to do after its last event, as it would in a `for await`. */
  #finish(): void {
    this.#over = true
    this.#iterator.next().then(
      (result) => (result.done ? undefined : this.#iterator.return?.()),
      () => {},
    )
  }

  /** Formats write the type as it is, where a line break would begin another event. */
  #refuse(event: StreamEvent | undefined): void {
    this.#iterator.return?.().catch(() => {})
    this.#fail(
      new StreamError('protocol', `There is no type of event like ${String(event?.type)}.`),
    )
  }

  #fail(error: StreamError): void {
    this.#over = true
    const partial = this.#accumulator.message()
    this.#tell([{ type: 'error', error, partial, attempts: this.#attempts }])
  }

  #tell(batch: readonly StreamEvent[] | null): void {
    const receive = this.#receive
    this.#receive = undefined
    receive?.(batch)
  }
}
