/**
 * The contract of a format.
 *
 * @module
 */

import type { StreamError } from './errors.js'
import type { StreamEvent } from './events.js'

/**
 * A format in which events are written to the network. Any response writer can write any format.
 */
export interface Format {
  readonly contentType: string
  /** Further response headers. */
  readonly headers: Readonly<Record<string, string>>
  /** Creates the encoder of one stream. */
  encoder(): Encoder
  /**
   * Text that keeps an idle connection open. Response writers send it whenever `everyMs`
   * milliseconds have passed without output.
   */
  readonly heartbeat?: { readonly text: string; readonly everyMs: number }
  /**
   * Whether to wait for the first content before sending the response headers, so that an earlier
   * failure has an HTTP status.
   */
  readonly earlyStatus: boolean
  /** The body of the response to a failure before the first content. */
  failure(error: StreamError): { contentType: string; body: string }
}

/** Encodes the events of one stream. */
export interface Encoder {
  /**
   * Encodes one batch. The text may be empty.
   *
   * @param firstId - the id of the first event of a stored stream, which the ids of the others
   * follow; null for events that are not stored and have no id; undefined to let the encoder count
   * from 1
   */
  encode(events: readonly StreamEvent[], firstId?: number | null): string
  /**
   * For encoders that have text between events. Calls back whenever there is some, which the next
   * `encode()` returns, also that of an empty batch.
   *
   * @returns the function that ends it
   */
  listen?(onText: () => void): () => void
  /**
   * Set after a failure that the format cannot express. The response writer sends the text that
   * `encode` returned and then breaks the connection, so that the response does not look complete.
   */
  readonly failure?: StreamError | undefined
  /**
   * Set when the format has ended before the stream, such as by an error that retracts the text.
   * The response writer sends the text that `encode` returned, ends the response and cancels the
   * stream.
   */
  readonly ended?: StreamError | undefined
}
