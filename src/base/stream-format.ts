/**
 * What a format is: how events are written to the network.
 *
 * @module
 */

import type { StreamError } from './errors.js'
import type { StreamEvent } from './events.js'

/** How events are written to the network. Any response writer takes any format. */
export interface Format {
  readonly contentType: string
  /** Further response headers. */
  readonly headers: Readonly<Record<string, string>>
  /** One encoder for each stream. */
  encoder(): Encoder
  /** Text that keeps an idle connection open. It is sent after `everyMs` without output. */
  readonly heartbeat?: { readonly text: string; readonly everyMs: number }
  /**
   * Wait for the first content before the response begins, so that an earlier failure can be an HTTP
   * status.
   */
  readonly earlyStatus: boolean
  /** The body of such a failure. */
  failure(error: StreamError): { contentType: string; body: string }
}

/** Writes the events of one stream. */
export interface Encoder {
  /**
   * Text for the events of one batch; it may be empty.
   *
   * @param firstId - for events of a log: the id of the first one, which the others follow one by
   *   one. Null for events that are in no log and have no id; undefined for events that the encoder
   *   numbers itself, from 1
   */
  encode(events: readonly StreamEvent[], firstId?: number | null): string
  /**
   * Set after something that the format cannot express. The response writer sends what `encode`
   * returned and then breaks the connection off, so that nobody takes the text for complete.
   */
  readonly failure?: StreamError | undefined
  /**
   * Set after the format has written an end of its own while the stream continues, such as an error
   * that retracts what was sent. The response writer sends what `encode` returned, ends the response
   * and cancels the stream.
   */
  readonly ended?: StreamError | undefined
}
