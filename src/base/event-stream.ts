/**
 * One answer as it comes.
 *
 * @module
 */
// The name AsyncDisposable, for programs whose libraries lack it, such as those of a browser.
/// <reference lib="esnext.disposable" preserve="true" />

import type { CompleteEvent, StreamEvent } from './events.js'

/** One answer as it comes. Nothing is sent before the first pull. */
export interface EventStream<Output = unknown>
  extends AsyncIterable<StreamEvent<Output>>,
    AsyncDisposable {
  /**
   * All text of the answer. Rejects with the `StreamError` that ends the stream. It can be asked for before, during and after
   * iteration; without an iteration it reads the stream itself, from the next microtask on.
   */
  text(): Promise<string>
  /** The `complete` event, under the same rules as `text()`. */
  final(): Promise<CompleteEvent<Output>>
  /** Ends the stream with an `error` of code `aborted` and closes the connection to the provider. Harmless after the end. */
  cancel(reason?: unknown): void
}
