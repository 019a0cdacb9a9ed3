/**
 * Responses that the provider completes whether or not a connection reads them.
 *
 * @module
 */

import type { ResponsePosition } from './wire-decoder.js'

/** How to resume and to cancel such a response. Its decoder needs a `position`. */
export interface BackgroundResponses {
  /**
   * Requests the events after the position, or all of them if it has no `after`. An error that is not retryable means that the response
   * is gone, so the next attempt sends the whole request again.
   */
  resume(position: ResponsePosition, context: { signal: AbortSignal }): Promise<Response>
  /** Ends the response at the provider. Nothing waits for it, and an error is ignored. */
  cancel?(position: ResponsePosition): unknown
}
