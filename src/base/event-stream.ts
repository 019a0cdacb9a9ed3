/**
 * The stream that a reader receives.
 *
 * @module
 */
// Declares AsyncDisposable for programs whose `lib` lacks it, such as those for browsers.
/// <reference lib="esnext.disposable" preserve="true" />

import type { CompleteEvent, StreamEvent } from './events.js'

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
