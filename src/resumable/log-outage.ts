/**
 * A log that is out of reach for a moment.
 *
 * @module
 */

import { storeError } from '../base/store-error.js'

/** How long to wait before a log that failed is asked again, in milliseconds. */
const retryMs = 200

/**
 * Asks until there is an answer, or patience is at an end.
 *
 * @param isOver - whether nobody wants to know any more
 * @throws StreamError of code `store`, unless the log has one of its own
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
