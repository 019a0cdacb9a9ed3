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
 * How long to wait, in milliseconds. `retry-after` is a number of seconds or a date (RFC 9110,
 * section 10.2.3).
 */
export function retryAfterMs(headers: HeaderReader | undefined): number | undefined {
  const inMs = header(headers, 'retry-after-ms')
  if (inMs !== undefined) {
    const delayMs = Number(inMs)
    if (delayMs >= 0) return delayMs
  }
  const value = header(headers, 'retry-after')
  if (value === undefined) return undefined
  const seconds = Number(value)
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(value)
  // A negative number parses as a year.
  if (Number.isNaN(date) || !Number.isNaN(seconds)) return undefined
  return Math.max(0, date - Date.now())
}
