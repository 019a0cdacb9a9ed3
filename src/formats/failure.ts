/**
 * The body of a response that failed before it began.
 *
 * @module
 */

import type { StreamError } from '../errors.js'

/** `{ "error": { code, message, retryable, ... } }` */
export function jsonFailure(error: StreamError): { contentType: string; body: string } {
  return { contentType: 'application/json', body: JSON.stringify({ error }) }
}
