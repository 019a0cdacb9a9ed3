/**
 * Retry options.
 *
 * @module
 */

import { checkCount, checkDelay, checkKeys, optionError } from '../../base/check-options.js'
import type { StreamError } from '../../base/errors.js'
import { longestDelayMs } from '../../base/timers.js'

/** Retry options, of `createStream()` and of `retry(driver, options)`. */
export interface RetryOptions {
  /**
   * Attempts after the first one.
   * @default 2
   */
  maxRetries?: number
  /**
   * The shortest wait, in milliseconds, unless the provider requests another one. Waits are random
   * between this value and a ceiling that starts at twice this value and doubles with each attempt.
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
   * What happens when an attempt fails after content. `restart` discards the content and starts
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
   * How long the content of each attempt is buffered, in milliseconds from its first piece. An
   * attempt that fails within that time has emitted nothing, so nothing has to be retracted.
   * @default 0
   */
  holdBackMs?: number
  /**
   * How many characters of each attempt are buffered. With `holdBackMs` too, the limit that is
   * reached first applies.
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

const keys = [
  'maxRetries',
  'minDelayMs',
  'maxDelayMs',
  'maxRetryAfterMs',
  'budgetMs',
  'afterContent',
  'holdBackMs',
  'holdBackChars',
  'shouldRetry',
] as const satisfies readonly (keyof RetryOptions)[]

const afterContents = ['restart', 'continue', 'fail']

/** @internal */
export function checkRetry(options: number | RetryOptions = {}): RetrySettings {
  if (typeof options === 'number')
    return checkRetry({ maxRetries: checkCount('retry', options, 0) })
  checkKeys('retry', options, keys, 'a number, false, or an object')
  const { afterContent = 'restart', shouldRetry } = options
  if (!afterContents.includes(afterContent)) {
    throw optionError('retry.afterContent', afterContent, '"restart", "continue" or "fail"')
  }
  if (shouldRetry !== undefined && typeof shouldRetry !== 'function') {
    throw optionError('retry.shouldRetry', shouldRetry, 'a function')
  }
  return {
    // Events are told as JSON, which knows no Infinity.
    maxRetries: Math.min(
      checkCount('retry.maxRetries', options.maxRetries, 2),
      Number.MAX_SAFE_INTEGER - 1,
    ),
    ...checkBackoff(options),
    maxRetryAfterMs: checkDelay('retry.maxRetryAfterMs', options.maxRetryAfterMs, 60_000),
    budgetMs: checkDelay('retry.budgetMs', options.budgetMs, Infinity),
    afterContent,
    holdBackMs: checkDelay('retry.holdBackMs', options.holdBackMs, 0),
    holdBackChars: checkCount('retry.holdBackChars', options.holdBackChars, 0),
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
  }
}

/**
 * A bound that is set alone takes the other one's default with it; two that exclude each other are
 * a mistake.
 */
function checkBackoff({ minDelayMs, maxDelayMs }: RetryOptions): {
  minDelayMs: number
  maxDelayMs: number
} {
  const highest = checkDelay('retry.maxDelayMs', maxDelayMs, 8_000)
  const floor = checkDelay('retry.minDelayMs', minDelayMs, Math.min(500, highest))
  const ceiling = maxDelayMs === undefined ? Math.max(highest, floor) : highest
  if (floor === Infinity) {
    throw optionError('retry.minDelayMs', floor, `milliseconds from 0 to ${longestDelayMs}`)
  }
  if (floor > ceiling) {
    const allowed = `milliseconds from ${floor} (retry.minDelayMs) on`
    throw optionError('retry.maxDelayMs', ceiling, allowed)
  }
  return { minDelayMs: floor, maxDelayMs: ceiling }
}
