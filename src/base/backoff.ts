/**
 * Computes the wait between two attempts.
 *
 * @module
 */

import { longestDelayMs } from './timers.js'

/**
 * A random wait between the floor and a growing ceiling, in milliseconds. The jitter spreads the
 * retries of clients that failed together, at the ceiling, too.
 *
 * @param failures - how many attempts have failed, from 1
 */
export function backoffMs(
  { minDelayMs, maxDelayMs }: { minDelayMs: number; maxDelayMs: number },
  failures: number,
): number {
  // From 31 on, the power exceeds every wait. If it were infinite, 0 times it would be NaN.
  const doubled = minDelayMs * 2 ** Math.min(failures, 31)
  const ceiling = Math.max(minDelayMs, Math.min(maxDelayMs, doubled, longestDelayMs))
  return Math.round(minDelayMs + Math.random() * (ceiling - minDelayMs))
}
