/**
 * The wait between two attempts.
 *
 * @module
 */

import { longestDelayMs } from '../check.js'
import type { StreamError } from '../errors.js'
import { keepAlive } from '../transport/timers.js'
import type { RetrySettings } from './retry-options.js'

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

/**
 * The wait that the provider asks for, or the backoff.
 *
 * @returns milliseconds; undefined if the provider asks for more than is allowed
 */
export function delayAfter(
  { retryAfterMs }: StreamError,
  settings: RetrySettings,
  failures: number,
): number | undefined {
  if (retryAfterMs === undefined) return backoffMs(settings, failures)
  return retryAfterMs > settings.maxRetryAfterMs
    ? undefined
    : Math.min(retryAfterMs, longestDelayMs)
}

/** A wait that can be ended. The process stays alive for it once somebody waits with it. */
export class Wait {
  readonly over: Promise<void>
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #end: () => void

  constructor(delayMs: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#end = resolve
    this.#timer = setTimeout(resolve, delayMs)
    keepAlive(this.#timer, false)
  }

  keepAlive(): void {
    keepAlive(this.#timer, true)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#end()
  }
}
