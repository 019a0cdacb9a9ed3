/**
 * The wait between two attempts.
 *
 * @module
 */

import { longestDelayMs } from './timers.js'

/**
 * Full jitter over a floor: clients that failed together do not come back together, at the ceiling neither.
 *
 * @param failures - how many attempts have failed, from 1
 */
export function backoffMs(
  { minDelayMs, maxDelayMs }: { minDelayMs: number; maxDelayMs: number },
  failures: number,
): number {
  // From 31 on the power is above every wait; where it is infinite, 0 times it would be no number.
  const doubled = minDelayMs * 2 ** Math.min(failures, 31)
  const ceiling = Math.max(minDelayMs, Math.min(maxDelayMs, doubled, longestDelayMs))
  return Math.round(minDelayMs + Math.random() * (ceiling - minDelayMs))
}
