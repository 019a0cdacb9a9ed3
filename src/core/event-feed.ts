/**
 * How events move inside the library: pulled by callback, one batch at a time.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent, TerminalEvent } from '../base/events.js'

/**
 * Receives one batch: all events of one network chunk. Null after the end of the stream.
 *
 * @param firstId - the id of the first event, as for `Encoder.encode`
 */
export type Receive = (batch: readonly StreamEvent[] | null, firstId?: number | null) => void

/** All events of one stream, from `start` to the terminal event. */
export interface EventFeed {
  /** Requests the next batch. One pull at a time; each is answered once. */
  pull(receive: Receive): void
  /**
   * Ends the stream early and frees everything it holds. The pending pull, or the next one,
   * receives the terminal event. Does nothing after the end.
   *
   * @param delivered - how many events of the last batch the reader received, if not all: `partial`
   *   holds no others
   */
  stop(error: StreamError, delivered?: number): void
  /** Of a turn of a conversation: see `Turn.begun`. */
  readonly begun?: Promise<boolean> | undefined
  /** Settles when all work before the terminal event is done; undefined if there is none. */
  readonly ending?: Promise<void> | undefined
  /**
   * Set by the reader. Called once, as soon as the terminal event is known, even if nobody pulls.
   */
  onEnd: ((terminal: TerminalEvent) => void) | undefined
  /**
   * Set by the reader. Drops what it has not handed out of the last batch, for a feed that ends
   * itself early.
   *
   * @returns `delivered` of `stop`
   */
  drop?: (() => number | undefined) | undefined
}

/** The batches of one stream, as response writers and logs read them. */
export interface BatchReader {
  /** Requests the next batch. One read at a time. */
  read(receive: Receive): void
  cancel(reason?: unknown): void
  /** Whether a hook `onEnd` receives the end of the stream. */
  readonly isWatched: boolean
  /** Of a turn of a conversation: see `Turn.begun`. */
  readonly begun?: Promise<boolean> | undefined
  /** Settles when all work before the terminal event is done; undefined if there is none. */
  readonly ending?: Promise<void> | undefined
  /** Calls back with the terminal event as soon as it is known, even if nobody reads. */
  onOver(callback: (terminal: TerminalEvent) => void): void
}

/** The answer to a pull of an origin: exactly one of these calls. */
export interface EventSink {
  /** Delivers a batch. Never empty; a terminal event comes last. */
  events(batch: readonly StreamEvent[], firstId?: number): void
  /** Reports a failure. No terminal event follows. */
  fail(error: StreamError): void
}

/** A source of events that were created elsewhere, such as those of a response or a log. */
export interface EventOrigin {
  /** Requests the next batch. One pull at a time, and none after a terminal event or `fail`. */
  pull(sink: EventSink): void
  /** Frees everything at once. A pending pull is not answered. */
  close(): void
}
