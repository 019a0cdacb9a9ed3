/**
 * Ends before the end.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { Source } from './source.js'

/** Closes a source for good: nothing runs on at the provider. */
export function abandon(source: Source): void {
  source.close()
  source.resumption?.()?.cancel()
}

/** The error of a stream that its caller ended. */
export function abortError(reason: unknown): StreamError {
  return new StreamError('aborted', 'The stream was cancelled.', { cause: reason })
}
