/**
 * Clients of the official SDKs. An SDK sends the request; its response is read here.
 *
 * @module
 */

import type { Fetch } from '../base/driver.js'
import { failureOf } from '../base/errors.js'
import { missingPackage } from '../base/missing-package.js'
import { headersOf } from '../http/headers.js'
import { requestError, unsendableError } from '../http/request-error.js'
import { withinOrigin } from '../http/same-origin.js'
import { keyFrom, resolveKey } from './api-key.js'
import type { ProviderHeaders, ProviderOptions } from './common-options.js'
import { defaultFetch } from './default-fetch.js'
import { joinURL, resolveHeaders, sendableHeaders } from './post-json.js'

/** Options of both SDKs' constructors. */
interface SdkOptions {
  apiKey: string | (() => Promise<string>)
  baseURL?: string
  fetch?: Fetch
  defaultHeaders?: Record<string, string>
}

/** A request that an SDK is sending. */
export interface SdkRequest {
  asResponse(): Promise<Response>
}

/** Options of one request. */
export interface RequestOptions {
  signal?: AbortSignal
  /** The SDK's own retries would multiply with ours, unseen. */
  maxRetries: 0
  /** The SDK would follow a redirect to wherever it leads. */
  fetchOptions: { redirect: 'manual' }
}

export function requestOptions(signal?: AbortSignal): RequestOptions {
  const options = { maxRetries: 0, fetchOptions: { redirect: 'manual' } } as const
  return signal === undefined ? options : { ...options, signal }
}

/** What instances of both SDKs have, as far as they are instances. */
interface Instance {
  baseURL?: unknown
  get?(url: string, options: never): SdkRequest
  post?(url: string, options: never): SdkRequest
}

interface Sending {
  provider: string
  client: object
  /** The path of the request below the client's address, to resolve relative redirects. */
  path: string
  method: 'GET' | 'POST'
  body?: unknown
  signal: AbortSignal
  /**
   * Whether the client sends another path and body than the given ones, as those for Bedrock and
   * Vertex do. It cannot send that body again, so no redirect is followed.
   */
  rewrites?: boolean
  /** Sends the request itself, to wherever the client sends it. */
  first(options: RequestOptions): SdkRequest
}

/**
 * Sends a request by a client of an SDK, of any subclass or sibling, and follows redirects within
 * the origin of the client's address.
 *
 * @throws StreamError `setup` for a redirect to another origin, and the SDK's errors
 */
export function sendBySdk(sending: Sending): Promise<Response> {
  const { provider, path, method, signal, body, rewrites, first } = sending
  const client: Instance = sending.client
  // Only a double of a client has no address.
  const baseURL = typeof client.baseURL === 'string' ? client.baseURL : 'http://origin.invalid'
  let isFirst = true
  return withinOrigin(joinURL(baseURL, path), method, provider, async (url, how) => {
    const options = requestOptions(signal)
    const again = { ...options, stream: true, ...(how === 'POST' ? { body } : {}) } as never
    try {
      const follow = (): SdkRequest | undefined =>
        how === 'POST' ? client.post?.(url, again) : client.get?.(url, again)
      const request = isFirst ? first(options) : rewrites ? undefined : follow()
      isFirst = false
      if (request !== undefined) return await request.asResponse()
    } catch (error) {
      return redirectOf(error)
    }
    const what = 'the server redirects, which this client cannot follow. Set the final address.'
    throw failureOf(provider, 'setup', what)
  })
}

/** The redirect that an SDK has thrown as an error of status 3xx; other errors are thrown again. */
function redirectOf(error: unknown): Response {
  const { status, headers } = (error ?? {}) as { status?: unknown; headers?: unknown }
  const isRedirect = typeof status === 'number' && status >= 300 && status < 400
  if (!isRedirect || !(headers instanceof Headers) || !headers.has('location')) throw error
  return new Response(null, { status, headers })
}

interface Sdk<Module> {
  provider: string
  /** The environment variable of the key. */
  variable: string
  packageName: string
  major: number
  load(): Promise<Module>
}

/**
 * Loads an SDK and creates its client.
 *
 * @throws StreamError `setup` without a key, for a key or header that cannot be sent, and if the
 *   package is missing or refuses the options or the runtime
 */
export async function createClient<Module, Client>(
  { provider, variable, packageName, major, load }: Sdk<Module>,
  { apiKey = keyFrom(provider, variable), baseURL, fetch = defaultFetch, headers }: ProviderOptions,
  construct: (module: Module, options: SdkOptions) => Client,
): Promise<Client> {
  const isDynamic = typeof headers === 'function'
  // The SDK's own errors quote the value.
  if (!isDynamic) sendableHeaders(provider, headers)
  const key = typeof apiKey === 'function' ? () => resolveKey(provider, apiKey) : apiKey
  if (typeof key === 'string') await resolveKey(provider, key)
  const module = await load().catch((error: unknown) => {
    throw missingPackage(packageName, major, error)
  })
  const options: SdkOptions = {
    apiKey: key,
    ...(baseURL === undefined ? {} : { baseURL }),
    fetch: isDynamic ? withHeaders(provider, fetch, headers) : fetch,
    ...(isDynamic ? {} : headers && { defaultHeaders: headers }),
  }
  try {
    return construct(module, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw failureOf(provider, 'setup', `the SDK cannot be used here: ${reason}`, { cause })
  }
}

/** A `fetch` that adds headers to each request, because the SDKs take no function for them. */
function withHeaders(provider: string, fetch: Fetch, headers: ProviderHeaders): Fetch {
  return async (url, init) => {
    try {
      const given = sendableHeaders(provider, await resolveHeaders(headers))
      const all = headersOf(() => unsendableError(provider, 'A header'), init?.headers, given)
      init = { ...init, headers: all }
    } catch (error) {
      // The SDK would report a failed connection, whatever it is.
      throw requestError(error, provider)
    }
    return fetch(url, init)
  }
}
