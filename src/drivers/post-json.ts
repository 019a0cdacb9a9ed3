/**
 * Requests of the drivers that need no SDK.
 *
 * @module
 */

import { toWellFormedJson } from '../base/well-formed-json.js'
import type { ProviderOptions } from './common-options.js'

interface PostOptions {
  /** The key, in the header that the provider reads. The driver's own `headers` win over it. */
  keyHeaders: Record<string, string>
  body: unknown
  signal: AbortSignal
}

/**
 * Sends one request for a stream of server-sent events, with the driver's `fetch` and `headers`.
 */
export async function postJson(
  url: string,
  { fetch, headers: given = {} }: ProviderOptions,
  { keyHeaders, body, signal }: PostOptions,
): Promise<Response> {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...keyHeaders,
  })
  for (const [name, value] of Object.entries(given)) headers.set(name, value)
  const init = { method: 'POST', headers, body: toWellFormedJson(body), signal }
  // Looked up for each request, so that a global fetch that is replaced later is used.
  return (fetch ?? globalThis.fetch)(url, init)
}

/** Joins an address, with or without a slash at its end, and a path. */
export function joinURL(baseURL: string, path: string): string {
  return `${baseURL.replace(/\/+$/, '')}/${path}`
}
