/**
 * Errors of stores and logs.
 *
 * @module
 */

import { StreamError } from './errors.js'

/**
 * The error of a stream whose storage failed: code `store`, unless the storage rejected with a
 * `StreamError` of its own.
 *
 * @param what - the part that failed, for the message
 */
export function storeError(error: unknown, what: 'log' | 'store'): StreamError {
  if (StreamError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StreamError('store', `The ${what} failed: ${message}`, { cause: error })
}
