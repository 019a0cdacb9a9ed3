/**
 * The wait before a retry.
 *
 * @module
 */

import { backoffMs } from '../../base/backoff.js'
import type { StreamError } from '../../base/errors.js'
import { keepAlive, longestDelayMs } from '../../base/timers.js'
import type { RetrySettings } from './options.js'

/**
 * The backoff, or the wait that the provider requests if that is longer: a request for no wait at
 * all must not make a client hammer a server that fails.
 *
 * @returns milliseconds; undefined if the provider requests more than is allowed
 */
export function delayAfter(
  { retryAfterMs = 0 }: StreamError,
  settings: RetrySettings,
  failures: number,
): number | undefined {
  if (retryAfterMs > settings.maxRetryAfterMs) return undefined
  return Math.max(backoffMs(settings, failures), Math.min(retryAfterMs, longestDelayMs))
}

/**
 * A wait that can be ended early. It does not keep the process alive until `keepAlive()` is called.
 */
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
