/**
 * The protocol by which content moves inside the library: pulled by callback, one network chunk at a time. A promise or a generator
 * in each layer would cost more than reading the wire format does, so those are the public face only (`Driver.stream`, `EventStream`).
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'

/** Where the answer to a pull goes: exactly one of these is called, once for each pull. */
export interface Sink {
  /** All content that one network chunk held; never empty. */
  batch(events: readonly ContentEvent[]): void
  retry(event: RetryEvent): void
  done(completion: Completion): void
  fail(error: StreamError): void
}

/** One attempt, or several of them behind one face. Lazy: nothing is sent before the first pull. */
export interface Source {
  /** Asks for what comes next. One pull at a time, and none after `done` or `fail`. */
  pull(sink: Sink): void
  /** Frees everything at once. A pull that waits is not answered any more: whoever closes answers it. */
  close(): void
  /** The completion, if a terminal marker has been read already although the source has not said `done` yet. */
  finished(): Completion | undefined
  /** What the provider has said so far that the running attempt costs. It stays readable after `fail` and `close`. */
  usage(): UsageSum
  /**
   * After `fail` or `close`: how to pick the response up again that goes on at the provider. A source that stands for several drivers
   * has none.
   */
  resumption?(): Resumption | undefined
}

/** A response that goes on at the provider although its connection was lost. */
export interface Resumption {
  /** Gives what follows the last event that was read, in the same numbering. */
  open(context: OpenContext): Source
  /** Ends the response at the provider. Nothing waits for it. */
  cancel(): void
}

export interface OpenContext {
  /** The number of the attempt that the source begins with, from 1. */
  attempt: number
  /** Given by the last attempt, to be picked up instead of sending the request again. */
  resumption?: Resumption
  /** Gives a further attempt its number: one more than the last, whichever layer asks. */
  nextAttempt(): number
  /** Whether the reader waits for an event. A layer may pull although it does not. */
  isAwaited(): boolean
  /** The limits of each attempt. Absent: none. */
  clocks?: Partial<Clocks>
  onBytes(): void
  /** Each request that is about to be sent, whichever layer sends it. */
  onAttempt(attempt: Attempt): void
}

export interface Attempt {
  /** From 1 */
  attempt: number
  provider: string
  model: string
}

/** Limits of one attempt, in milliseconds. */
export interface Clocks {
  firstChunkMs: number
  chunkMs: number
  silenceMs: number
}
