/**
 * What a retry may be told.
 *
 * @module
 */

import {
  checkValue,
  count,
  delay,
  func,
  isCount,
  isDelay,
  oneOf,
  optionError,
  optionsOf,
  type Rules,
  rule,
} from '../../base/check-options.js'
import type { StreamError } from '../../base/errors.js'
import { longestDelayMs } from '../../base/timers.js'

/** How failed attempts are made again: `retry` of `createStream()`, and `retry(driver, options)`. */
export interface RetryOptions {
  /**
   * Attempts after the first one.
   * @default 2
   */
  maxRetries?: number
  /**
   * The shortest wait, in milliseconds, unless the provider asks for another one. Waits are drawn at random between it and a
   * ceiling that begins at twice its value and doubles from attempt to attempt.
   * @default 500, or maxDelayMs if that is less
   */
  minDelayMs?: number
  /**
   * The highest ceiling of the waits, in milliseconds; not below `minDelayMs`.
   * @default 8_000, or minDelayMs if that is more
   */
  maxDelayMs?: number
  /**
   * The longest wait that a provider may ask for (`retry-after`), in milliseconds. If it asks for more, the stream fails at
   * once, with `retryAfterMs` on the error.
   * @default 60_000
   */
  maxRetryAfterMs?: number
  /**
   * Limit in milliseconds for failed attempts and waits together. Of an attempt that failed after content, the time to its
   * first content counts, so healthy streaming is free. No retry begins that would exceed it, and one that runs is ended by it as
   * long as it has brought no content.
   * @default Infinity
   */
  budgetMs?: number
  /**
   * What happens when an attempt fails after content. `restart` voids it and begins again, `fail` ends the stream.
   *
   * `continue` keeps it and has the model carry on: the text so far is sent back as the beginning of the answer, or with the request
   * to go on where a model does not take that (see `Driver.continuation`). What the model repeats is removed if it is the same to
   * the letter, within the last 1,024 characters. A partial answer with tool calls or files, a request with `output`, and a driver
   * that can do neither restart; the `retry` event says which of both it is.
   *
   * A response that goes on at the provider, such as OpenAI's with `background: true`, is picked up where it was lost in each of the
   * three cases.
   *
   * @default 'restart'
   */
  afterContent?: 'restart' | 'continue' | 'fail'
  /**
   * Keep the content of each attempt back for so long from its first piece on, in milliseconds. An attempt that fails within that
   * time has shown nothing, so there is nothing to take back.
   * @default 0
   */
  holdBackMs?: number
  /**
   * Keep the content of each attempt back until it has so many characters. With `holdBackMs` too, what is reached first counts.
   * @default 0
   */
  holdBackChars?: number
  /**
   * Decides instead of `error.retryable`. If it throws, the stream ends with what it threw.
   * @param attempt - the attempt that failed, from 1
   */
  shouldRetry?: (error: StreamError, attempt: number) => boolean | Promise<boolean>
}

/** @internal */
export type RetrySettings = Required<Omit<RetryOptions, 'shouldRetry'>> &
  Pick<RetryOptions, 'shouldRetry'>

const rules: Rules<RetryOptions> = {
  maxRetries: count,
  minDelayMs: rule(
    `milliseconds from 0 to ${longestDelayMs}`,
    (value) => isDelay(value) && value !== Infinity,
  ),
  maxDelayMs: delay,
  maxRetryAfterMs: delay,
  budgetMs: delay,
  afterContent: oneOf('restart', 'continue', 'fail'),
  holdBackMs: delay,
  holdBackChars: count,
  shouldRetry: func,
}

const numberOrOptions = optionsOf(
  'an integer from 0, Infinity, false, or an object',
  rules,
  isCount,
)

/** @internal */
export function checkRetry(options: number | RetryOptions = {}): RetrySettings {
  checkValue('retry', options, numberOrOptions)
  const {
    maxRetries = 2,
    maxRetryAfterMs = 60_000,
    budgetMs = Infinity,
    afterContent = 'restart',
    holdBackMs = 0,
    holdBackChars = 0,
    shouldRetry,
    ...delays
  } = typeof options === 'number' ? { maxRetries: options } : options
  return {
    // Events go out as JSON, which has no Infinity.
    maxRetries: Math.min(maxRetries, Number.MAX_SAFE_INTEGER - 1),
    ...backoffOf(delays),
    maxRetryAfterMs,
    budgetMs,
    afterContent,
    holdBackMs,
    holdBackChars,
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
  }
}

/** A bound that is set alone moves the default of the other one. */
function backoffOf({ minDelayMs, maxDelayMs }: RetryOptions): {
  minDelayMs: number
  maxDelayMs: number
} {
  const floor = minDelayMs ?? Math.min(500, maxDelayMs ?? 500)
  const ceiling = maxDelayMs ?? Math.max(8_000, floor)
  if (floor > ceiling) {
    throw optionError('retry.maxDelayMs', ceiling, `milliseconds from ${floor} (retry.minDelayMs)`)
  }
  return { minDelayMs: floor, maxDelayMs: ceiling }
}
