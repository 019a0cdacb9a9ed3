/**
 * Retry options.
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
  optionsOf,
  type Rules,
  rule,
} from '../../base/check-options.js'
import type { StreamError } from '../../base/errors.js'
import { optionError } from '../../base/option-error.js'
import { longestDelayMs } from '../../base/timers.js'

/** Retry options, of `createStream()` and of `retry(driver, options)`. */
export interface RetryOptions {
  /**
   * Attempts after the first one.
   * @default 2
   */
  maxRetries?: number
  /**
   * The shortest wait, in milliseconds. Waits are random between this value and a ceiling that
   * starts at twice this value and doubles with each attempt, or as long as the provider requests
   * if that is longer.
   * @default 500, or maxDelayMs if that is less
   */
  minDelayMs?: number
  /**
   * The highest ceiling of the waits, in milliseconds. MUST NOT be below `minDelayMs`.
   * @default 8_000, or minDelayMs if that is more
   */
  maxDelayMs?: number
  /**
   * The longest wait that a provider may request (`retry-after`), in milliseconds. If it requests
   * more, the stream fails at once, with `retryAfterMs` on the error.
   * @default 60_000
   */
  maxRetryAfterMs?: number
  /**
   * The limit for failed attempts and waits together, in milliseconds. Of an attempt that fails
   * after content, only the time to its first content counts. A retry that would exceed the limit
   * does not begin, and a retry without content is ended when the limit is reached.
   * @default Infinity
   */
  budgetMs?: number
  /**
   * The behavior after a failure that follows content. `restart` discards the content and starts
   * again, `fail` ends the stream.
   *
   * `continue` keeps the content, and the model continues it: the text so far is sent back as the
   * beginning of the answer, or, to a model that does not accept that, with a request to continue
   * (see `Driver.continuation`). Text that the model repeats literally is removed, within the last
   * 1,024 characters. The stream restarts if the partial answer has tool calls or files, if the
   * request has `output`, or if the driver supports neither way; `mode` of the `retry` event has
   * the outcome.
   *
   * A response that the provider continues without a connection, such as OpenAI's with `background:
   * true`, is resumed in all three cases.
   *
   * @default 'restart'
   */
  afterContent?: 'restart' | 'continue' | 'fail'
  /**
   * The time for which the content of each attempt is buffered, in milliseconds from its first
   * piece. An attempt that fails within that time has emitted nothing, so nothing is retracted.
   * @default 0
   */
  holdBackMs?: number
  /**
   * The number of characters of each attempt that are buffered. With `holdBackMs` too, the limit
   * that is reached first applies.
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
export type RetrySettings = Required<Omit<RetryOptions, 'shouldRetry'>> & {
  shouldRetry: RetryOptions['shouldRetry'] | undefined
}

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
    shouldRetry,
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
