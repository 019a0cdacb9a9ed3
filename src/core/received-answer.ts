/**
 * An answer whose events were created elsewhere, and are read from a response, a log or any
 * iterable.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { TerminalEvent } from '../base/events.js'
import { isTerminal, type StreamEvent } from '../base/events.js'
import { newId } from '../base/new-id.js'
import type { EventFeed, EventOrigin, EventSink, Receive } from './event-feed.js'
import { Transcript } from './transcript.js'

/** A stored stream, whose events have ids. */
export interface KeptEvents {
  /** The id of the last event that was received elsewhere; 0 for a stream from its beginning. */
  after: number
}

export class ReceivedAnswer implements EventFeed, EventSink {
  readonly #origin: EventOrigin
  readonly #kept: KeptEvents | undefined
  readonly #transcript = new Transcript()
  #receive: Receive | undefined
  #begun: boolean
  #terminal: TerminalEvent | undefined
  #delivered = false
  onEnd: EventFeed['onEnd']

  constructor(origin: EventOrigin, kept?: KeptEvents) {
    this.#origin = origin
    this.#kept = kept
    this.#begun = kept !== undefined && kept.after > 0
  }

  pull(receive: Receive): void {
    if (this.#delivered) return receive(null)
    this.#transcript.settle()
    this.#receive = receive
    if (this.#terminal === undefined) this.#origin.pull(this)
    else this.#deliverFailure(this.#terminal)
  }

  stop(error: StreamError, delivered?: number): void {
    if (this.#terminal !== undefined) return
    this.#transcript.settle(delivered)
    this.#origin.close()
    this.fail(error)
  }

  events(batch: readonly StreamEvent[], firstId?: number): void {
    this.#transcript.hold(batch)
    this.#begun = true
    const last = batch.at(-1)
    if (isTerminal(last)) {
      this.#delivered = true
      this.#end(last)
    }
    this.#deliver(batch, firstId)
  }

  fail(error: StreamError): void {
    const terminal = this.#transcript.failure(error, 0, 'unknown')
    this.#end(terminal)
    if (this.#receive !== undefined) this.#deliverFailure(terminal)
  }

  #end(terminal: TerminalEvent): void {
    this.#terminal = terminal
    this.onEnd?.(terminal)
  }

  /**
   * Delivers the error without an id, because it is not stored: with an id, a reader that
   * reconnects would miss the stored event of that id.
   */
  #deliverFailure(terminal: TerminalEvent): void {
    this.#delivered = true
    const id = this.#kept === undefined ? undefined : null
    // Reading can fail before the `start` is received, and every stream begins with one.
    if (this.#begun) this.#deliver([terminal], id)
    else {
      const start = { type: 'start', id: newId(), provider: 'unknown', model: 'unknown' } as const
      this.#deliver([start, terminal], id)
    }
  }

  #deliver(batch: readonly StreamEvent[], firstId: number | null | undefined): void {
    const receive = this.#receive
    this.#receive = undefined
    receive?.(batch, firstId)
  }
}
