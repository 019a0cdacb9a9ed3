/**
 * Streams that end early.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { Source } from './source.js'

/** Closes a source for good, and ends a response that the provider would continue. */
export function abandon(source: Source): void {
  source.close()
  source.resumption?.()?.cancel()
}

/** The error of a stream that was cancelled. */
export function abortError(reason: unknown): StreamError {
  return new StreamError('aborted', 'The stream was cancelled.', { cause: reason })
}
