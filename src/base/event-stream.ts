/**
 * The streams that a reader receives.
 *
 * @module
 */
// Declares AsyncDisposable for programs whose `lib` lacks it, such as those for browsers.
/// <reference lib="esnext.disposable" preserve="true" />

import type { CompleteEvent, CompleteEventWithOutput, StreamEvent } from './events.js'

/** The events of one answer. Nothing is sent before the first event is read. */
export interface EventStream<Output = unknown>
  extends AsyncIterable<StreamEvent<Output>>,
    AsyncDisposable {
  /**
   * All text of the answer. Rejects with the `StreamError` that ends the stream. Can be called
   * before, during and after an iteration. Without an iteration it reads the stream itself, from
   * the next microtask on.
   */
  text(): Promise<string>
  /** The `complete` event, with the same rules as `text()`. */
  final(): Promise<CompleteEvent<Output>>
  /**
   * Ends the stream with an `error` of code `aborted` and closes the connection to the provider.
   * Does nothing after the end.
   */
  cancel(reason?: unknown): void
}

/** The events of an answer to a request that has `output` and no `tools`. */
export interface OutputStream<Output = unknown> extends EventStream<Output> {
  final(): Promise<CompleteEventWithOutput<Output>>
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent<Output, CompleteEventWithOutput<Output>>>
}

/**
 * The stream for the options of a request. Its output is certain if they certainly have `output`,
 * and certainly no `tools`.
 */
export type StreamFor<Options, Output> = Options extends { output: object; tools?: undefined }
  ? OutputStream<Output>
  : EventStream<Output>
