/**
 * Batches as single events, for `for await`.
 *
 * @module
 */

import type { StreamEvent } from '../types.js'

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
  /** Who waits: one, unless `next()` is called again before the last one is answered. */
  #waiting: Resolve[] = []

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
    for (const resolve of this.#waiting.splice(0)) resolve(over)
    await this.#batches.ending
    return over
  }

  async throw(error: unknown): Promise<IteratorResult<StreamEvent, undefined>> {
    await this.return()
    throw error
  }

  readonly #wait = (resolve: Resolve): void => {
    if (this.#waiting.push(resolve) === 1) this.#batches.read(this.#receive)
  }

  readonly #receive = (batch: readonly StreamEvent[] | null): void => {
    if (this.#over) return
    if (batch === null) {
      this.#over = true
      for (const resolve of this.#waiting.splice(0)) resolve(over)
      return
    }
    this.#batch = batch
    this.#position = 0
    while (this.#waiting.length > 0 && this.#position < batch.length) {
      const resolve = this.#waiting.shift()
      resolve?.({ done: false, value: batch[this.#position++] as StreamEvent })
    }
    if (this.#waiting.length > 0) this.#batches.read(this.#receive)
  }
}
