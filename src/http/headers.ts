/**
 * Headers of a response: the id of the request, and how long the server asks to wait.
 *
 * @module
 */

/** The used part of `Headers`. */
export interface HeaderReader {
  get(name: string): string | null
}

/** The value of a header; undefined for an empty one too. */
export function header(headers: HeaderReader | undefined, name: string): string | undefined {
  return headers?.get(name) || undefined
}

/** The provider's id of the request, to quote to its support. */
export function requestIdOf(headers: HeaderReader | undefined): string | undefined {
  const names = ['x-request-id', 'request-id', 'apim-request-id']
  return names.map((name) => header(headers, name)).find((id) => id !== undefined)
}

/**
 * The longest wait that is believed, in milliseconds: 30 days, which the reset of a monthly limit
 * needs. Longer ones, and numbers that are not finite, become this one.
 */
export const maxRetryAfterMs: number = 30 * 24 * 60 * 60 * 1000

/**
 * How long to wait, in milliseconds. `retry-after` is a number of seconds or a date (RFC 9110,
 * section 10.2.3).
 */
export function retryAfterMs(headers: HeaderReader | undefined): number | undefined {
  const value = header(headers, 'retry-after')
  return boundedWait(numberOf(header(headers, 'retry-after-ms')) ?? secondsOf(value))
}

/** A wait within bounds; undefined if there is none, or it is not a wait. */
export function boundedWait(delayMs: number | undefined): number | undefined {
  if (delayMs === undefined || !(delayMs >= 0)) return undefined
  return Math.min(Math.ceil(delayMs), maxRetryAfterMs)
}

function secondsOf(value: string | undefined): number | undefined {
  const seconds = numberOf(value)
  if (seconds !== undefined) return seconds * 1000
  const date = Date.parse(value ?? '')
  // A number below 0 parses as a year.
  if (Number.isNaN(date) || !Number.isNaN(Number(value))) return undefined
  return Math.max(0, date - Date.now())
}

/** Undefined for anything but a decimal number from 0. */
function numberOf(value: string | undefined): number | undefined {
  const isNumber = value !== undefined && /^\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)
  return isNumber ? Number(value) : undefined
}
