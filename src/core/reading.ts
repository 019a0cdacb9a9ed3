/**
 * The state of reading one stream: its end, its abort signal, and the promise of its result.
 *
 * @module
 */

import type { CompleteEvent, TerminalEvent } from '../base/events.js'
import { promiseWithResolvers } from '../base/promise-with-resolvers.js'
import { abortError } from '../pull/abort.js'
import type { EventFeed, Receive } from './event-feed.js'
import type { Hand } from './hand.js'

export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** The terminal event, if it was received elsewhere. Nothing is left to read. */
  ended?: TerminalEvent | undefined
  /** A hook `onEnd` receives the end of the stream. */
  isWatched?: boolean
}

/**
 * Reads one stream. Holds no reference to the `Stream` that owns it, so that a forgotten stream can
 * be collected.
 */
export class Reading {
  readonly #feed: EventFeed
  readonly #hand: Hand
  readonly #signal: AbortSignal | undefined
  readonly #endedBefore: boolean
  #terminal: TerminalEvent | undefined
  #listening = false
  #final: PromiseWithResolvers<CompleteEvent> | undefined
  #onOver: ((terminal: TerminalEvent) => void)[] = []
  readonly isWatched: boolean

  constructor(feed: EventFeed, hand: Hand, { signal, ended, isWatched = false }: ReadOptions) {
    this.isWatched = isWatched
    this.#feed = feed
    this.#hand = hand
    this.#signal = signal
    this.#terminal = ended
    this.#endedBefore = ended !== undefined
    feed.onEnd = (terminal) => this.#onEnd(terminal)
    feed.drop = () => hand.drop()
  }

  read(receive: Receive): void {
    if (this.#endedBefore) return receive(null)
    if (!this.#listening) this.#listen()
    this.#feed.pull(receive)
  }

  cancel(reason?: unknown): void {
    const delivered = this.#hand.drop()
    // Every response closes its stream, and an error that nobody receives costs 5 us.
    if (!this.isOver) this.#feed.stop(abortError(reason), delivered)
  }

  /** The `complete` event. Rejects with the error that ends the stream. */
  final(): Promise<CompleteEvent> {
    if (this.#final !== undefined) return this.#final.promise
    const final = promiseWithResolvers<CompleteEvent>()
    this.#final = final
    // The iteration receives the error, too, so a late caller has missed nothing.
    final.promise.catch(() => {})
    // An abort must end the stream even if its iterator never pulls.
    this.#listen()
    if (this.#terminal !== undefined) this.#settle(this.#terminal)
    return final.promise
  }

  onOver(callback: (terminal: TerminalEvent) => void): void {
    if (this.#terminal === undefined) this.#onOver.push(callback)
    else callback(this.#terminal)
  }

  /** Reads the stream to its end and drops its events. */
  drain(): void {
    const next: Receive = (batch) => {
      if (batch !== null) this.read(next)
    }
    this.read(next)
  }

  get isOver(): boolean {
    return this.#terminal !== undefined || this.ending !== undefined
  }

  get begun(): Promise<boolean> | undefined {
    return this.#feed.begun
  }

  get ending(): Promise<void> | undefined {
    return this.#feed.ending
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    if (this.#signal === undefined || this.isOver) return
    if (this.#signal.aborted) this.#onAbort()
    else this.#signal.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.cancel(this.#signal?.reason)

  #onEnd(terminal: TerminalEvent): void {
    this.#terminal = terminal
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#settle(terminal)
    for (const callback of this.#onOver) callback(terminal)
  }

  #settle(terminal: TerminalEvent): void {
    if (terminal.type === 'complete') this.#final?.resolve(terminal)
    else this.#final?.reject(terminal.error)
  }
}
