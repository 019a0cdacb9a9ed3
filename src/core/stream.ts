/**
 * A stream as its reader sees it: an iteration, the promises `text()` and `final()`, and cancellation.
 *
 * @module
 */

import type { EventStream } from '../base/event-stream.js'
import type { CompleteEvent, StreamEvent } from '../base/events.js'
import { abortError } from '../pull/abort.js'
import type { BatchReader, EventFeed, Receive, TerminalEvent } from './event-feed.js'
import { EventIterator } from './event-iterator.js'

const consumed =
  'This stream is being read already, and it can be read once. Use text() or final() alongside an iteration, or create another stream.'

export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** The terminal event, if it was received elsewhere. Nothing is left to read. */
  ended?: TerminalEvent | undefined
}

export class Stream implements EventStream, BatchReader {
  readonly #feed: EventFeed
  readonly #signal: AbortSignal | undefined
  readonly #endedBefore: boolean
  #terminal: TerminalEvent | undefined
  #claimed = false
  #listening = false
  #final: PromiseWithResolvers<CompleteEvent> | undefined

  constructor(feed: EventFeed, { signal, ended }: ReadOptions = {}) {
    this.#feed = feed
    this.#signal = signal
    this.#terminal = ended
    this.#endedBefore = ended !== undefined
    feed.onEnd = (terminal) => this.#onEnd(terminal)
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent> {
    this.claim()
    return new EventIterator(this)
  }

  text(): Promise<string> {
    const text = this.final().then((complete) => complete.text)
    text.catch(() => {})
    return text
  }

  final(): Promise<CompleteEvent> {
    if (this.#final !== undefined) return this.#final.promise
    const final = Promise.withResolvers<CompleteEvent>()
    this.#final = final
    // The iteration receives the error as well, so a caller that looks late has missed nothing.
    final.promise.catch(() => {})
    // An iterator may never pull, and an abort ends the stream all the same.
    this.#listen()
    if (this.#terminal !== undefined) this.#settle(this.#terminal)
    else queueMicrotask(() => this.#drain())
    return final.promise
  }

  cancel(reason?: unknown): void {
    // Every response closes, and an error that nobody receives takes 5 us to make.
    if (!this.#isOver()) this.#feed.stop(abortError(reason))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    await this.ending
  }

  /** Settles when nothing is left to do before the terminal event; undefined if nothing is to be done. */
  get ending(): Promise<void> | undefined {
    return this.#feed.ending
  }

  /**
   * Makes the caller the only reader.
   *
   * @throws TypeError if the stream has a reader
   */
  claim(): void {
    if (this.#claimed) throw new TypeError(consumed)
    this.#claimed = true
  }

  read(receive: Receive): void {
    if (this.#endedBefore) return receive(null)
    this.#listen()
    this.#feed.pull(receive)
  }

  #isOver(): boolean {
    return this.#terminal !== undefined || this.#feed.ending !== undefined
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    if (this.#signal === undefined || this.#isOver()) return
    if (this.#signal.aborted) this.#onAbort()
    else this.#signal.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.cancel(this.#signal?.reason)

  #onEnd(terminal: TerminalEvent): void {
    this.#terminal = terminal
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#settle(terminal)
  }

  #settle(terminal: TerminalEvent): void {
    if (terminal.type === 'complete') this.#final?.resolve(terminal)
    else this.#final?.reject(terminal.error)
  }

  /** Reads the stream for `final()` if nobody else does. */
  #drain(): void {
    if (this.#claimed) return
    this.#claimed = true
    const next: Receive = (batch) => {
      if (batch !== null) this.read(next)
    }
    this.read(next)
  }
}
