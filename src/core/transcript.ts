/**
 * Collects the events of one stream for its terminal event.
 *
 * @module
 */

import { Accumulator, type Cut } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, RetryEvent, Step, StreamEvent } from '../base/events.js'

const nothing: readonly StreamEvent[] = []

export class Transcript {
  readonly #content = new Accumulator()
  #held = nothing
  /** The number of the last attempt, in the step. */
  #attempt = 1
  /** The number of attempts in the steps before. */
  #attemptsBefore = 0
  #step = 1

  get content(): Accumulator {
    this.settle()
    return this.#content
  }

  /** The length of the content without the batch that is held, in characters. */
  get length(): number {
    return this.#content.length
  }

  /** The number of attempts of all steps. */
  get attempts(): number {
    return this.#attemptsBefore + this.#attempt
  }

  countAttempt({ attempt, step = 1 }: Pick<RetryEvent, 'attempt' | 'step'>): void {
    if (step === this.#step) this.#attempt = Math.max(this.#attempt, attempt)
    else {
      this.#attemptsBefore += this.#attempt
      this.#attempt = attempt
      this.#step = step
    }
  }

  /** Counts the requests of the steps that a turn begins with. */
  countSteps(steps: readonly Step[]): void {
    if (steps.length === 0) return
    for (const { attempts } of steps) this.#attemptsBefore += attempts
    this.#step = steps.length + 1
  }

  add(event: StreamEvent): void {
    if (event.type === 'retry') this.countAttempt(event)
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
    for (const [position, event] of held.entries()) {
      if (count === undefined || position < count || isOfTurn(event)) this.add(event)
    }
  }

  /**
   * The `error` event of a stream that ends now, with the content so far.
   *
   * @param from - the first block of what is not whole
   * @param cut - `unknown` if the calls may have been run elsewhere
   */
  failure(error: StreamError, from?: number, cut: Cut = true): ErrorEvent {
    return {
      type: 'error',
      error,
      partial: this.content.message(cut, from),
      attempts: this.attempts,
    }
  }
}

/** A tool has run, and a call was made here, whether or not the reader has received the event. */
function isOfTurn(event: StreamEvent): boolean {
  if (event.type !== 'content') return false
  return event.kind === 'tool-result' || (event.kind === 'tool-call' && event.seal !== undefined)
}
