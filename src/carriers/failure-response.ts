/**
 * The response to a stream that failed before its first content.
 *
 * @module
 */

import type { StreamError, StreamErrorCode } from '../base/errors.js'
import type { Format } from '../base/stream-format.js'

export interface FailureResponse {
  status: number
  headers: Record<string, string>
  body: string
}

const statuses: Partial<Record<StreamErrorCode, number>> = {
  aborted: 499,
  timeout: 504,
  network: 502,
  interrupted: 502,
  'rate-limit': 429,
  quota: 503,
  overloaded: 503,
  server: 502,
  protocol: 502,
  'invalid-request': 400,
  'context-length': 400,
  'content-filter': 422,
  conflict: 409,
  store: 503,
}

/** The longest `retry-after` that a client receives, in milliseconds: a day. */
const longestWaitMs = 24 * 60 * 60 * 1000

export function failureResponse(error: StreamError, format: Format): FailureResponse {
  const { contentType, body } = format.failure(error)
  const headers: Record<string, string> = {
    'content-type': contentType,
    'cache-control': 'no-store',
  }
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(Math.min(error.retryAfterMs, longestWaitMs) / 1000))
  }
  // The key and the model are this server's, so a provider that rejects them is not the client's
  // fault: 500.
  return { status: statuses[error.code] ?? 500, headers, body }
}
