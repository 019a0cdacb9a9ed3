/**
 * Batches as single events, for `for await`.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'

interface Batches {
  read(receive: (batch: readonly StreamEvent[] | null) => void): void
  cancel(reason?: unknown): void
  /** Settles once nothing is left to do; undefined if that is now. */
  readonly ending: Promise<void> | undefined
}

type Resolve = (result: IteratorResult<StreamEvent, undefined>) => void

const nothing: readonly StreamEvent[] = []
const over: IteratorResult<StreamEvent, undefined> = { done: true, value: undefined }

export class BatchIterator implements AsyncIterator<StreamEvent, undefined> {
  readonly #batches: Batches
  #batch = nothing
  #position = 0
  #over = false
  /** Who waits. */
  #waiting: Resolve | undefined
  /** Who waits behind: `next()` was called again before the last one was answered. A queue for the one above too costs 3 % of a token. */
  readonly #behind: Resolve[] = []

  constructor(batches: Batches) {
    this.#batches = batches
  }

  next(): Promise<IteratorResult<StreamEvent, undefined>> {
    const event = this.#batch[this.#position]
    if (event !== undefined) {
      this.#position++
      return Promise.resolve({ done: false, value: event })
    }
    if (this.#over) return Promise.resolve(over)
    return new Promise(this.#wait)
  }

  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    this.#over = true
    this.#batch = nothing
    this.#batches.cancel()
    this.#answerAll()
    await this.#batches.ending
    return over
  }

  async throw(error: unknown): Promise<IteratorResult<StreamEvent, undefined>> {
    await this.return()
    throw error
  }

  readonly #wait = (resolve: Resolve): void => {
    if (this.#waiting !== undefined) {
      this.#behind.push(resolve)
      return
    }
    this.#waiting = resolve
    this.#batches.read(this.#receive)
  }

  readonly #receive = (batch: readonly StreamEvent[] | null): void => {
    if (this.#over) return
    if (batch === null) {
      this.#over = true
      return this.#answerAll()
    }
    this.#batch = batch
    this.#position = 0
    while (this.#waiting !== undefined && this.#position < batch.length) {
      const resolve = this.#waiting
      this.#waiting = this.#behind.length === 0 ? undefined : this.#behind.shift()
      resolve({ done: false, value: batch[this.#position++] as StreamEvent })
    }
    if (this.#waiting !== undefined) this.#batches.read(this.#receive)
  }

  #answerAll(): void {
    this.#waiting?.(over)
    for (const resolve of this.#behind.splice(0)) resolve(over)
    this.#waiting = undefined
  }
}
