/**
 * Errors as clients may see them.
 *
 * @module
 */

import { StreamError, type StreamErrorJSON } from '../base/errors.js'

/** An error as `exposeErrors` sends it. Never its stack or its cause. */
export interface ExposedErrorJSON extends StreamErrorJSON {
  provider?: string
  requestId?: string
}

/** @param error - not necessarily a StreamError, if the events come from foreign code */
export function errorJson(error: unknown, exposeErrors: boolean): ExposedErrorJSON {
  const whole = StreamError.from(error)
  const json: ExposedErrorJSON = whole.toJSON()
  if (!exposeErrors) return json
  json.message = whole.message
  if (whole.provider !== undefined) json.provider = whole.provider
  if (whole.requestId !== undefined) json.requestId = whole.requestId
  return json
}

/**
 * The body of a response that failed before it began: `{ "error": { code, message, retryable, ... }
 * }`.
 */
export function jsonFailure(
  error: StreamError,
  exposeErrors: boolean,
): { contentType: string; body: string } {
  return {
    contentType: 'application/json',
    body: JSON.stringify({ error: errorJson(error, exposeErrors) }),
  }
}
