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
const maxRetryAfterMs = 30 * 24 * 60 * 60 * 1000

/**
 * How long to wait, in milliseconds. `retry-after` is a number of seconds or a date (RFC 9110,
 * section 10.2.3).
 */
export function retryAfterMs(headers: HeaderReader | undefined): number | undefined {
  const value = header(headers, 'retry-after')
  const seconds = Number(value)
  // A number below 0 parses as a year.
  const date = Number.isNaN(seconds) ? Date.parse(value ?? '') : Number.NaN
  return (
    boundedWait(Number(header(headers, 'retry-after-ms'))) ??
    boundedWait(seconds * 1000) ??
    boundedWait(Math.max(0, date - Date.now()))
  )
}

/** A wait within bounds; undefined for anything that is not a wait. */
export function boundedWait(delayMs: number): number | undefined {
  return delayMs >= 0 ? Math.min(Math.ceil(delayMs), maxRetryAfterMs) : undefined
}
