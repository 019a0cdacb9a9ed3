/**
 * Headers: which of them can be sent, and what those of a response mean.
 *
 * @module
 */

import type { ResponseDetails } from '../base/events.js'

/** Whether a header can carry the value: no line breaks, no other controls, nothing beyond Latin-1. */
export function isHeaderValue(value: unknown): boolean {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[\t -~\x80-\xff]*$/.test(text)
}

/** Headers as `fetch` takes them. `HeadersInit` has no global name in Node's types. */
export type HeaderSet = RequestInit['headers']

/**
 * Joins sets of headers, of which later ones win.
 *
 * @param refuse - returns the error for a header that cannot be sent. The runtime's own error
 *   quotes the value, which may be a secret. A name that is not one may be a secret too, and so may
 *   a set that is none.
 */
export function headersOf(refuse: (name: string) => Error, ...sets: readonly HeaderSet[]): Headers {
  const headers = new Headers()
  for (const set of sets) {
    // A set may repeat a name, such as set-cookie.
    const own = new Headers()
    let last = ''
    try {
      for (const [name, value] of entriesOf(set)) {
        last = name
        if (!isHeaderValue(value)) throw undefined
        own.append(name, value)
        headers.delete(name)
      }
    } catch {
      throw refuse(/^[\w!#$%&'*+.^`|~-]+$/.test(last) ? last : '?')
    }
    for (const [name, value] of own) headers.append(name, value)
  }
  return headers
}

function entriesOf(set: HeaderSet = {}): Iterable<[string, string]> {
  return Symbol.iterator in set ? (set as Iterable<[string, string]>) : Object.entries(set)
}

const described =
  /rate-?limit|request-?id$|^retry-after|processing-ms$|^server-timing$|-service-time$/

/**
 * What an application may want to know of a response: ids, limits and times.
 *
 * @param id - the provider's id of the answer
 * @returns undefined if nothing is known
 */
export function describe(
  headers: HeaderReader | undefined,
  id: string | undefined,
): ResponseDetails | undefined {
  const requestId = requestIdOf(headers)
  const listed = Object.fromEntries(
    [...entriesOf(headers as HeaderSet)].filter(([name]) => described.test(name)),
  )
  const details: ResponseDetails = {
    ...(id && { id }),
    ...(requestId && { requestId }),
    ...(Object.keys(listed).length > 0 && { headers: listed }),
  }
  return Object.keys(details).length > 0 ? details : undefined
}

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
  const names = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid']
  return names.map((name) => header(headers, name)).find(Boolean)
}
