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

/** Whether another process continues the stream that ends here, or may do so. */
export function isElsewhere({ code, cause }: StreamError): boolean {
  if (code !== 'aborted') return code === 'conflict'
  return StreamError.is(cause) && ['interrupted', 'conflict', 'store'].includes(cause.code)
}

/** The error of a stream that was cancelled. */
export function abortError(reason: unknown): StreamError {
  return new StreamError('aborted', 'The stream was cancelled.', { cause: reason })
}
