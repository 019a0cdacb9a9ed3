/**
 * Iterates over the events of batches, for `for await`.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import type { BatchReader } from './event-feed.js'
import type { Hand } from './hand.js'

interface EndingReader extends BatchReader {
  /** Settles when all work is done; undefined if there is none. */
  readonly ending: Promise<void> | undefined
}

type Resolve = (result: IteratorResult<StreamEvent, undefined>) => void

const over: IteratorResult<StreamEvent, undefined> = { done: true, value: undefined }

export class EventIterator implements AsyncIterator<StreamEvent, undefined> {
  readonly #reader: EndingReader
  readonly #hand: Hand
  #over = false
  /** The pending call of `next()`. */
  #waiting: Resolve | undefined
  /**
   * Further calls of `next()` while one is pending. A single queue for all of them would cost 3 %
   * of the CPU time of a token.
   */
  readonly #behind: Resolve[] = []

  constructor(reader: EndingReader, hand: Hand) {
    this.#reader = reader
    this.#hand = hand
  }

  next(): Promise<IteratorResult<StreamEvent, undefined>> {
    const hand = this.#hand
    const event = hand.batch[hand.position]
    if (event !== undefined) {
      hand.position++
      return Promise.resolve({ done: false, value: event })
    }
    if (this.#over) return Promise.resolve(over)
    return new Promise(this.#wait)
  }

  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    this.#over = true
    this.#reader.cancel()
    this.#hand.drop()
    this.#answerAll()
    await this.#reader.ending
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
    this.#reader.read(this.#receive)
  }

  readonly #receive = (batch: readonly StreamEvent[] | null): void => {
    if (this.#over) return
    if (batch === null) {
      this.#over = true
      return this.#answerAll()
    }
    const hand = this.#hand
    hand.batch = batch
    hand.position = 0
    while (this.#waiting !== undefined && hand.position < batch.length) {
      const resolve = this.#waiting
      this.#waiting = this.#behind.length === 0 ? undefined : this.#behind.shift()
      resolve({ done: false, value: batch[hand.position++] as StreamEvent })
    }
    if (this.#waiting !== undefined) this.#reader.read(this.#receive)
  }

  #answerAll(): void {
    this.#waiting?.(over)
    for (const resolve of this.#behind.splice(0)) resolve(over)
    this.#waiting = undefined
  }
}
