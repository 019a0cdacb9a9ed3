/**
 * The streams that a reader receives.
 *
 * @module
 */
// Declares AsyncDisposable for programs whose `lib` lacks it, such as those for browsers.
/// <reference lib="esnext.disposable" preserve="true" />

import type { CompleteEvent, CompleteEventWithOutput, StreamEvent } from './events.js'
import type { ToolType } from './tool-types.js'

/**
 * The events of one answer. Nothing is sent before the first event is read.
 *
 * With `ToolTypesOf<typeof tools>`, results and calls can be narrowed by the name of their tool.
 */
export interface EventStream<Output = unknown, out Tools extends ToolType = ToolType>
  extends AsyncIterable<StreamEvent<Output, Tools>>,
    AsyncDisposable {
  /**
   * All text of the answer. Rejects with the `StreamError` that ends the stream. Can be called
   * before, during and after an iteration. Without an iteration it reads the stream itself, from
   * the next microtask on.
   */
  text(): Promise<string>
  /** The `complete` event, with the same rules as `text()`. */
  final(): Promise<CompleteEvent<Output, Tools>>
  /**
   * Ends the stream with an `error` of code `aborted` and closes the connection to the provider.
   * Does nothing after the end.
   */
  cancel(reason?: unknown): void
}

/** The events of an answer to a request that has `output` and no `tools`. */
export interface OutputStream<Output = unknown> extends EventStream<Output> {
  final(): Promise<CompleteEventWithOutput<Output>>
  [Symbol.asyncIterator](): AsyncIterator<
    Exclude<StreamEvent, CompleteEvent> | CompleteEventWithOutput<Output>
  >
}

/**
 * The stream for the options of a request. Its output is certain if they certainly have `output`,
 * and certainly no `tools`.
 */
export type StreamFor<Options, Output, Tools extends ToolType = ToolType> = Options extends {
  output: object
  tools?: undefined
}
  ? OutputStream<Output>
  : EventStream<Output, Tools>
