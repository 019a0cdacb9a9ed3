/**
 * Requests that stay at their origin. A redirect is followed within the origin and never out of it,
 * because keys, headers and prompts would go along: `fetch` itself removes only `authorization`.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { hasLogin } from '../base/url.js'
import { cancelBody } from './body.js'

const maxRedirects = 5

/** The statuses of redirects; 300, 304 and others do not redirect. */
const redirects: readonly number[] = [301, 302, 303, 307, 308]

/** Stands for the origin of a relative address that only the caller's `fetch` can resolve. */
const unknownOrigin = 'http://origin.invalid'

/** Undefined for text that is not an address. */
export function parseURL(
  address: string,
  base: string = globalThis.location?.href ?? unknownOrigin,
): URL | undefined {
  try {
    return new URL(address, base)
  } catch {
    return undefined
  }
}

/** Not the property `origin`: it is "null" for schemes such as `capacitor:`. */
export function originOf(url: URL | undefined): string | undefined {
  return url && `${url.protocol}//${url.host}`
}

/**
 * Resolves an address that a response named. Undefined if it leads to another origin, holds a
 * password, or is not an address. What is relative to the page stays relative.
 */
export function resolveWithin(address: string, base: string): string | undefined {
  const home = parseURL(base)
  const target = parseURL(address, home?.href)
  const origin = originOf(home)
  if (target === undefined || hasLogin(target) || originOf(target) !== origin) return undefined
  const isRelative = origin === originOf(parseURL('')) && !/^[a-z][\w+.-]*:/i.test(base)
  return isRelative ? target.href.slice(origin?.length) : target.href
}

/**
 * Sends a request, and again for each redirect within its origin. Browsers do not show where a
 * redirect leads, so they follow none.
 *
 * @param who - the beginning of error messages
 * @param send - sends one request without following redirects: with `redirect: 'manual'`
 * @throws StreamError `setup` for a redirect that is not followed, and for an address with a
 *   password, which `fetch` would quote in its error
 */
export async function withinOrigin(
  url: string,
  method: string,
  who: string,
  send: (url: string, method: string) => Promise<Response>,
): Promise<Response> {
  // Without the sign there is no name, and nothing to parse.
  if (url.includes('@') && hasLogin(parseURL(url))) {
    throw new StreamError('setup', `${who}: the address holds a name or password (not shown).`)
  }
  for (let at = url, how = method, count = 0; ; count++) {
    const response = await send(at, how)
    const { status, headers, redirected, type } = response
    if (type === 'opaqueredirect') throw redirectError(who, 'to an address that a browser hides')
    // A `fetch` of the caller's may have followed by itself. That of React Native always does, and
    // has no property `redirected`.
    const followed = (redirected as boolean | undefined) !== false && response.url
    const address = followed || (redirects.includes(status) && headers.get('location'))
    if (!address) return response
    const next = resolveWithin(address, at)
    if (next !== undefined && followed) return response
    cancelBody(response)
    if (next === undefined) {
      // Path and query may hold secrets.
      const origin = originOf(parseURL(address, parseURL(at)?.href))
      throw redirectError(who, `to ${origin ?? 'an invalid address'}`)
    }
    if (count === maxRedirects) throw redirectError(who, 'too often')
    if (status === 303 || (status < 303 && how === 'POST')) how = 'GET'
    at = next
  }
}

/** Sends a request by `fetch`, and follows redirects within its origin only. */
export function fetchWithinOrigin(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  url: string,
  init: RequestInit & { method: string; headers: Headers },
  who: string,
): Promise<Response> {
  return withinOrigin(url, init.method, who, (at, method) => {
    const request: RequestInit = { ...init, redirect: 'manual' }
    if (method !== init.method) {
      Object.assign(request, { method, body: null, headers: new Headers(init.headers) })
      ;(request.headers as Headers).delete('content-type')
    }
    return fetch(at, request)
  })
}

export function redirectError(who: string, where: string): StreamError {
  const message = `${who}: the server redirects ${where}, which is not followed. Set the final address.`
  return new StreamError('setup', message)
}
