/**
 * Retries calls of a log that is unavailable for a moment.
 *
 * @module
 */

import { storeError } from '../base/store-error.js'

/** The wait before each retry, in milliseconds. */
const retryMs = 200

/**
 * Repeats a call until it succeeds or `patienceMs` milliseconds have passed.
 *
 * @param isOver - whether the result is no longer needed
 * @throws StreamError `store`, unless the log rejected with a `StreamError` of its own
 */
export async function persist<T>(
  ask: () => Promise<T>,
  patienceMs: number,
  isOver: () => boolean,
): Promise<T> {
  const beganAt = performance.now()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (isOver() || performance.now() - beganAt >= patienceMs) throw storeError(error, 'log')
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}
