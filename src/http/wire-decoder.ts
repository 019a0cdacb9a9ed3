/**
 * What a wire format is to the transport: one reader of responses.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { ContentEvent, Usage } from '../base/events.js'

/** Reads one response of one wire format; it holds the state of that response. */
export interface WireDecoder {
  /**
   * Takes one server-sent event and appends the content it holds to `out`.
   *
   * @param data - the event's data, as it came
   * @param event - the event's name, where it has one
   * @throws StreamError for an error that the provider sent inside the stream, and `protocol` for data that is not JSON.
   *   What has been appended to `out` before is still delivered.
   */
  decode(data: string, event: string | undefined, out: ContentEvent[]): void
  /** The completion as far as it is known, once a terminal marker has been read; undefined before. */
  finished(): Completion | undefined
  /** What the provider has said so far that this response costs; without the counts that are known only at its end. */
  usage(): Usage
  /** Nothing of meaning can follow: reading stops here and does not wait for the server to close. */
  readonly ended: boolean
}
