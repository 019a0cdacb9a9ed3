/**
 * The public face of a stream: iteration, `text()`, `final()` and cancellation.
 *
 * @module
 */

import type { EventStream } from '../base/event-stream.js'
import type { CompleteEvent, StreamEvent, TerminalEvent } from '../base/events.js'
import type { BatchReader, EventFeed, Receive } from './event-feed.js'
import { EventIterator } from './event-iterator.js'
import { closeWhenForgotten } from './forgotten-streams.js'
import { Hand } from './hand.js'
import { Reading, type ReadOptions } from './reading.js'

const consumed =
  'This stream is already being read. Use text() or final() alongside, or create another stream.'

export class Stream implements EventStream, BatchReader {
  readonly #hand = new Hand()
  readonly #reading: Reading
  #claimed = false
  #begun = false

  constructor(feed: EventFeed, options: ReadOptions = {}) {
    this.#reading = new Reading(feed, this.#hand, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent> {
    this.claim()
    return new EventIterator(this, this.#hand)
  }

  text(): Promise<string> {
    const text = this.final().then((complete) => complete.text)
    text.catch(() => {})
    return text
  }

  final(): Promise<CompleteEvent> {
    const final = this.#reading.final()
    if (!this.#claimed && !this.#reading.isOver) queueMicrotask(() => this.#drain())
    return final
  }

  cancel(reason?: unknown): void {
    this.#reading.cancel(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    await this.ending
  }

  /** Of a turn of a conversation: see `Turn.begun`. */
  get begun(): Promise<boolean> | undefined {
    return this.#reading.begun
  }

  /** Settles when all work before the terminal event is done; undefined if there is none. */
  get ending(): Promise<void> | undefined {
    return this.#reading.ending
  }

  get isWatched(): boolean {
    return this.#reading.isWatched
  }

  onOver(callback: (terminal: TerminalEvent) => void): void {
    this.#reading.onOver(callback)
  }

  /**
   * Makes the caller the only reader.
   *
   * @throws TypeError if the stream already has a reader
   */
  claim(): void {
    if (this.#claimed) throw new TypeError(consumed)
    this.#claimed = true
  }

  read(receive: Receive): void {
    if (!this.#begun) {
      this.#begun = true
      closeWhenForgotten(this, this.#reading)
    }
    this.#reading.read(receive)
  }

  /** Reads the stream for `final()` if nobody else does. */
  #drain(): void {
    if (this.#claimed) return
    this.#claimed = true
    this.#reading.drain()
  }
}
