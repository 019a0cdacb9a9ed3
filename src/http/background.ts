/**
 * Responses that the provider completes whether or not a connection reads them.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { requestError, statusError } from './request-error.js'
import type { ResponsePosition } from './wire-decoder.js'

/** How to resume and to cancel such a response. Its decoder needs a `position`. */
export interface BackgroundResponses {
  /**
   * Requests the events after the position. An error that is not retryable means that the response is gone, and the next attempt
   * sends the whole request again.
   */
  resume(position: ResponsePosition, context: { signal: AbortSignal }): Promise<Response>
  /** Ends the response at the provider. Nothing waits for it, and an error is ignored. */
  cancel?(position: ResponsePosition): unknown
}

/** Sends the request that resumes a response. */
export function sendResumed(
  provider: string,
  { resume }: BackgroundResponses,
  position: ResponsePosition,
): (signal: AbortSignal) => Promise<Response> {
  return async (signal) => {
    try {
      const response = await resume(position, { signal })
      if (response.ok) return response
      throw await statusError(response, provider)
    } catch (thrown) {
      throw resumeError(thrown, provider)
    }
  }
}

export function cancelResponse(
  { cancel }: BackgroundResponses,
  position: ResponsePosition | undefined,
): void {
  if (position === undefined || cancel === undefined) return
  const cancelled = async (): Promise<unknown> => cancel(position)
  // If it fails, the response ends by itself.
  cancelled().catch(() => {})
}

/** A response that is gone at the provider has to be requested again; any other failure may pass. */
function resumeError(thrown: unknown, provider: string): StreamError {
  const error = requestError(thrown, provider)
  if (error.retryable) return error
  const message = `${provider}: the lost response cannot be resumed: ${error.message}`
  const { status, requestId } = error
  return new StreamError('interrupted', message, { provider, status, requestId, cause: error })
}
