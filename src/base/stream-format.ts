/**
 * What a format is: how events are written to the network.
 *
 * @module
 */

import type { StreamError } from './errors.js'
import type { StreamEvent } from './events.js'

/** How events are written to the network. Any carrier moves any format. */
export interface Format {
  readonly contentType: string
  /** Further response headers. */
  readonly headers: Readonly<Record<string, string>>
  /** One encoder for each stream. */
  encoder(): Encoder
  /** Text that keeps an idle connection open. Carriers send it whenever `everyMs` passed without output. */
  readonly heartbeat?: { readonly text: string; readonly everyMs: number }
  /** Wait for the first content before the response begins, so that an earlier failure can be an HTTP status. */
  readonly earlyStatus: boolean
  /** The body of such a failure. */
  failure(error: StreamError): { contentType: string; body: string }
}

/** Writes the events of one stream. */
export interface Encoder {
  /**
   * Text for the events of one batch; it may be empty.
   *
   * @param firstId - the id of the first of them, which the others follow one by one, for events that are kept somewhere; null for
   * events that stand outside of what is kept, and have none; undefined for events that are counted here, from 1
   */
  encode(events: readonly StreamEvent[], firstId?: number | null): string
  /**
   * Set once something happened that the format cannot express. The carrier sends what `encode` returned and then breaks the
   * connection off, so that nobody takes the text for whole.
   */
  readonly failure?: StreamError | undefined
  /**
   * Set once the format has told an end of its own while the stream goes on, such as an error that takes back what was sent. The
   * carrier sends what `encode` returned, ends the response, and cancels the stream.
   */
  readonly ended?: StreamError | undefined
}
