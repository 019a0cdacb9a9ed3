/**
 * How content moves inside the library: pulled by callback, one network chunk at a time. A promise
 * or a generator in each layer would cost more CPU than parsing the protocol does, so only the
 * public API has them (`Driver.stream`, `EventStream`).
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'

/** Receives the answer to a pull: exactly one method is called, once for each pull. */
export interface Sink {
  /** All content of one network chunk; never empty. */
  batch(events: readonly ContentEvent[]): void
  retry(event: RetryEvent): void
  done(completion: Completion): void
  fail(error: StreamError): void
}

/** One attempt, or several that look like one. Lazy: nothing is sent before the first pull. */
export interface Source {
  /** Requests the next answer. One pull at a time, and none after `done` or `fail`. */
  pull(sink: Sink): void
  /**
   * Frees everything at once. A pending pull is no longer answered: the caller of `close` answers
   * it.
   */
  close(): void
  /** The completion, if the terminal event has been read but `done` has not been called yet. */
  finished(): Completion | undefined
  /**
   * The usage of the current attempt as far as the provider has reported it. Readable after `fail`
   * and `close`, too.
   */
  usage(): UsageSum
  /** What the provider has said about the current attempt. Readable after `fail` and `close`, too. */
  details?(): AttemptDetails
  /** After `fail` or `close`: what is left of a turn of several steps. */
  rest?(): TurnRest | undefined
  /**
   * After `fail` or `close`: how to resume a response that the provider continues. A source that
   * stands for several drivers has none.
   */
  resumption?(): Resumption | undefined
}

/** What is left of a turn of several steps that ends early. */
export interface TurnRest {
  /** The blocks before this index belong to whole steps, whose calls may be run. */
  wholeBlocks: number
  /** Results that the reader has not received. What was done must not be done again. */
  results: readonly ContentEvent[]
}

/** The provider's own words, for `complete` and `error`. */
export type AttemptDetails = Pick<Completion, 'raw' | 'response'>

/** A response that the provider continues although its connection was lost. */
export interface Resumption {
  /** Opens a source of what follows the last event that was read, with the same block numbers. */
  open(context: OpenContext): Source
  /** Ends the response at the provider, in the background. */
  cancel(): void
}

export interface OpenContext {
  /** The number of the source's first attempt, from 1. */
  attempt: number
  /** The response of the last attempt, to be resumed instead of sending the request again. */
  resumption?: Resumption
  /**
   * What readers have received of this answer from a process that is gone. The outermost layer with
   * retries makes the model continue it.
   */
  shown?: ShownContent
  /** A response of a process that is gone, to be read instead of sending the request again. */
  response?: LastingResponse
  /** The number for a further attempt: one more than the last, whichever layer calls. */
  nextAttempt(): number
  /** Whether the reader is waiting for an event. A layer may pull even if it is not. */
  isAwaited(): boolean
  /** The limits of each attempt. None if absent. */
  clocks?: Partial<Clocks>
  onBytes(): void
  /** Ends the whole stream although no pull is pending. Only for its outermost layer. */
  stop?: ((error: StreamError) => void) | undefined
  /** Called before each request, whichever layer sends it. */
  onAttempt(attempt: Attempt): void
  /** Called once the id of a response is known that the provider completes without a connection. */
  onResponse?(response: LastingResponse): void
}

/** Content that readers have received, one event for each block. */
export interface ShownContent {
  blocks: readonly ContentEvent[]
  /** Set if its response is read again. */
  repetition?: Repeated
}

/** What a response has to repeat. */
export interface Repeated {
  /** Whether all of it has come. */
  readonly isOver: boolean
  /** @returns what is new; undefined if the response is another one */
  join(events: readonly ContentEvent[]): readonly ContentEvent[] | undefined
}

/** A response that its provider completes without a connection. */
export interface LastingResponse {
  /** The provider's id of it. */
  id: string
  provider: string
  model: string
}

export interface Attempt {
  /** The number of the attempt, from 1. */
  attempt: number
  /** The step that the attempt belongs to, in a turn of several steps. */
  step?: number
  provider: string
  model: string
}

/** Limits of one attempt, in milliseconds. */
export interface Clocks {
  firstChunkMs: number
  chunkMs: number
  silenceMs: number
}
