/**
 * Requests of the drivers that need no SDK.
 *
 * @module
 */

import { toWellFormedJson } from '../base/well-formed-json.js'
import { headersOf } from '../http/headers.js'
import { unsendableError } from '../http/request-error.js'
import { fetchWithinOrigin } from '../http/same-origin.js'
import type { ProviderHeaders, ProviderOptions } from './common-options.js'
import { defaultFetch } from './default-fetch.js'

interface PostOptions {
  /** The key, in the header that the provider reads. The driver's own `headers` win over it. */
  keyHeaders: Record<string, string>
  /** The driver's own headers, if the caller has resolved them. */
  headers?: Record<string, string> | undefined
  body: unknown
  signal: AbortSignal
}

const fixed = { 'content-type': 'application/json', accept: 'text/event-stream' }

/**
 * Creates a function that sends requests for a stream of server-sent events, with the driver's
 * `fetch` and `headers`. It rejects with a StreamError `setup` for a header that cannot be sent, and
 * for a redirect to another origin.
 *
 * @param provider - the provider's name in errors
 */
export function createPost(
  provider: string,
  url: string,
  { fetch, headers: given }: Pick<ProviderOptions, 'fetch' | 'headers'>,
): (options: PostOptions) => Promise<Response> {
  // Checking headers takes longer than copying them, and most drivers send the same ones each time.
  let last: { key: string; headers: Headers } | undefined
  return async ({ keyHeaders, headers: own, body, signal }) => {
    const key = JSON.stringify(keyHeaders)
    const isConstant = typeof given !== 'function'
    if (!isConstant || last?.key !== key) {
      const set = isConstant ? given : (own ?? (await resolveHeaders(given)))
      last = { key, headers: sendableHeaders(provider, fixed, keyHeaders, set) }
    }
    // A copy, because a fetch of the caller's may add to them.
    const init = {
      method: 'POST',
      headers: new Headers(last.headers),
      body: toWellFormedJson(body),
      signal,
    }
    return fetchWithinOrigin(fetch ?? defaultFetch, url, init, provider)
  }
}

/** @throws StreamError `setup` for a header that cannot be sent; the error does not quote its value */
export function sendableHeaders(
  provider: string,
  ...sets: readonly (Record<string, string> | undefined)[]
): Headers {
  return headersOf((name) => unsendableError(provider, `The header "${name}"`), ...sets)
}

/** The driver's own headers of one request; null, which cannot be sent, if a function forgot them. */
export async function resolveHeaders(
  headers: ProviderHeaders | undefined,
): Promise<Record<string, string> | undefined> {
  return typeof headers === 'function' ? ((await headers()) ?? null) : headers
}

/** Joins an address, with or without a slash at its end, and a path. */
export function joinURL(baseURL: string, path: string): string {
  return `${baseURL.replace(/\/+$/, '')}/${path}`
}
