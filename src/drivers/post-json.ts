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
  /** The provider's name in errors. */
  provider: string
  /** The key, in the header that the provider reads. The driver's own `headers` win over it. */
  keyHeaders: Record<string, string>
  body: unknown
  signal: AbortSignal
}

/**
 * Sends one request for a stream of server-sent events, with the driver's `fetch` and `headers`.
 *
 * @throws StreamError `setup` for a header that cannot be sent, and for a redirect to another origin
 */
export async function postJson(
  url: string,
  { fetch, headers: given }: ProviderOptions,
  { provider, keyHeaders, body, signal }: PostOptions,
): Promise<Response> {
  const fixed = { 'content-type': 'application/json', accept: 'text/event-stream' }
  const headers = sendableHeaders(provider, fixed, keyHeaders, await resolveHeaders(given))
  const init = { method: 'POST', headers, body: toWellFormedJson(body), signal }
  return fetchWithinOrigin(fetch ?? defaultFetch, url, init, provider)
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
