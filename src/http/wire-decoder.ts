/**
 * The contract between a wire format and the HTTP transport.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { ContentEvent, RawEnd, Usage } from '../base/events.js'

/**
 * Reads one response of one wire format and holds the state of that response.
 *
 * Two methods are enough: `decode` and `finished`. A whole answer is one for which `finished`
 * returns a completion; a body that ends before that is an `interrupted` answer.
 */
export interface WireDecoder {
  /**
   * Reads one frame, which is a server-sent event or a line, and appends its content to `out`.
   * Content that was appended before an error was thrown is still delivered.
   *
   * @param data - the data of the event, or the line, as it came
   * @param event - the name of the event, if it has one; always undefined for lines
   * @throws StreamError for an error that the provider reports inside the stream; see
   *   `providerError()`. Anything else that is thrown, such as the SyntaxError of `JSON.parse`,
   *   becomes `protocol`.
   */
  decode(data: string, event: string | undefined, out: ContentEvent[]): void
  /** The completion, once a terminal event has been read; undefined before. It MUST NOT throw. */
  finished(): Completion | undefined
  /**
   * The usage that the provider has reported so far, for an attempt that fails. Leave out counts
   * that are final only at the end.
   *
   * @default () => ({})
   */
  usage?(): Usage
  /** The provider's own words so far, for `complete.raw` and `error.raw`. */
  raw?(): RawEnd | undefined
  /** The provider's id of the response, for failures; `finished()` returns it on its own. */
  readonly responseId?: string | undefined
  /**
   * Whether nothing meaningful can follow, so that reading stops without waiting for the server to
   * close the body. A wire format that sends more after its terminal event, such as the usage, sets
   * it when that has come.
   *
   * @default whether `finished()` returns a completion
   */
  readonly ended?: boolean | undefined
  /**
   * The position of a response that the provider completes without a connection, for `background`
   * of `httpDriver()`. Undefined if this response cannot be resumed.
   */
  position?(): ResponsePosition | undefined
}

/** The place in a response after which it can be resumed. */
export interface ResponsePosition {
  /** The provider's id of the response. */
  id: string
  /**
   * The last event that was read, as the provider numbers or names it. Absent to read the response
   * from its beginning, in a process that knows nothing but its id.
   */
  after?: number | string
}
