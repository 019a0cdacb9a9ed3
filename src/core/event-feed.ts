/**
 * How events move inside the library: pulled by callback, one batch at a time.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent, TerminalEvent } from '../base/events.js'

/**
 * Takes the events of one batch: all that one network chunk held. Null once the stream is over.
 *
 * @param firstId - the id of the first event, as `Encoder.encode` takes it
 */
export type Receive = (batch: readonly StreamEvent[] | null, firstId?: number | null) => void

/** All events of one stream, from `start` to the terminal event. */
export interface EventFeed {
  /** Requests the next batch. One pull at a time; each is answered once. */
  pull(receive: Receive): void
  /**
   * Ends the stream early and frees everything it holds. The pull that waits, or the next one, receives the terminal event.
   * Harmless after the end.
   *
   * @param delivered - how many events of the last batch the reader received, if not all: `partial`
   *   holds no others
   */
  stop(error: StreamError, delivered?: number): void
  /** Settles when nothing is left to do before the terminal event; undefined if nothing is to be done. */
  readonly ending?: Promise<void> | undefined
  /** Set by the reader. Called once, as soon as the terminal event is known, even if nobody pulls. */
  onEnd: ((terminal: TerminalEvent) => void) | undefined
}

/** What response writers and logs read: the batches of one stream. */
export interface BatchReader {
  /** One at a time. */
  read(receive: Receive): void
  cancel(reason?: unknown): void
}

/** The answer to a pull of an origin: exactly one of these calls. */
export interface EventSink {
  /** Never empty; a terminal event comes last. */
  events(batch: readonly StreamEvent[], firstId?: number): void
  /** No terminal event will come. */
  fail(error: StreamError): void
}

/** Events that were made elsewhere, such as those of a response or of a log. */
export interface EventOrigin {
  /** One pull at a time, and none after a terminal event or `fail`. */
  pull(sink: EventSink): void
  /** Frees everything at once. A pull that waits is not answered any more. */
  close(): void
}
