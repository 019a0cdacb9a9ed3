/**
 * The wait that a server asks for in `retry-after`.
 *
 * @module
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */

import { type HeaderReader, header } from './headers.js'

/**
 * The longest wait that is believed, in milliseconds: 30 days, which the reset of a monthly limit
 * needs. Longer ones, and numbers that are not finite, become this one.
 */
export const maxWaitMs: number = 30 * 86_400_000

/**
 * `retry-after` in milliseconds, which is a number of seconds or a date, or `retry-after-ms`; 30
 * days at most, undefined for anything else.
 */
export function retryAfterMs(headers: HeaderReader): number | undefined {
  const value = header(headers, 'retry-after') ?? ''
  const seconds = /^\d/.test(value)
    ? Number(value)
    : Math.max(0, Date.parse(value) - Date.now()) / 1_000
  const delayMs = Number(header(headers, 'retry-after-ms') ?? seconds * 1_000)
  return delayMs >= 0 ? Math.min(Math.ceil(delayMs), maxWaitMs) : undefined
}
