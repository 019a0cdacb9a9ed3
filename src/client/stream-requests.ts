/**
 * The requests of one stream: the first one, and those that resume it.
 *
 * @module
 */

import { toJson } from '../base/bytes-as-json.js'
import type { Fetch } from '../base/driver.js'
import { optionError } from '../base/option-error.js'
import { cancelBody } from '../http/body.js'
import { headersOf } from '../http/headers.js'
import {
  fetchWithinOrigin,
  originOf,
  parseURL,
  redirectError,
  resolveWithin,
} from '../http/same-origin.js'

/** Describes a stream whose connection was lost. */
export interface InterruptedStream {
  /** The headers of the first response; undefined if there was none. */
  headers: Headers | undefined
  /** The id of its `start` event; undefined if it was not received. */
  id: string | undefined
  /** The id of the last event that was received; 0 if there was none. */
  lastEventId: number
}

/** The address from which an interrupted stream is resumed. */
export type Resume =
  | false
  | string
  | URL
  | ((stream: InterruptedStream) => string | URL | undefined)

/** What `fetch` takes as headers. Programs without the types of a browser lack `HeadersInit`. */
type HeaderFields = NonNullable<RequestInit['headers']>

/** The headers of each request, or a function that returns them. */
export type RequestHeaders = HeaderFields | (() => HeaderFields | Promise<HeaderFields>)

export interface RequestOptions {
  url: string
  init: Omit<RequestInit, 'headers'> & { headers?: RequestHeaders | undefined }
  json: unknown
  resume: Resume | undefined
  idempotent: boolean | undefined
  onUnauthorized: ((response: Response) => unknown) | undefined
}

/** The arguments of `fetch`, without a signal. */
export type Request = [url: string, init: RequestInit & { method: string; headers: Headers }]

export class Requests {
  readonly #url: string
  readonly #init: RequestInit & { method: string }
  readonly #headers: Headers
  /** The caller has set no headers of its own. */
  readonly #isPlain: boolean
  readonly #resume: Resume | undefined
  readonly #ownHeaders: (() => HeaderFields | Promise<HeaderFields>) | undefined
  readonly #onUnauthorized: RequestOptions['onUnauthorized']
  readonly #isGet: boolean
  /** The id of the last event that was received elsewhere; 0 for a stream from its beginning. */
  readonly after: number
  /** Whether the first request can be sent again, because sending it does not start the answer. */
  readonly repeatable: boolean

  /** @throws TypeError for a value that JSON cannot hold, and for invalid headers */
  constructor({ url, init, json, resume, idempotent, onUnauthorized }: RequestOptions) {
    const { body = null, headers, ...request } = init
    const { method = json === undefined && body === null ? 'GET' : 'POST' } = init
    this.#url = url
    this.#resume = resume
    this.#onUnauthorized = onUnauthorized
    if (typeof headers === 'function') this.#ownHeaders = headers
    this.#headers = headersOf(refuseHeader, typeof headers === 'function' ? undefined : headers)
    this.#isPlain = this.#ownHeaders === undefined && [...this.#headers].length === 0
    if (!this.#headers.has('accept')) this.#headers.set('accept', 'text/event-stream')
    this.#isGet = method.toUpperCase() === 'GET'
    this.repeatable = idempotent ?? this.#isGet
    const lastEventId = this.#headers.get('last-event-id') ?? ''
    if (!/^\d{0,15}$/.test(lastEventId)) {
      throw optionError('headers.last-event-id', lastEventId, 'the id of an event, a whole number')
    }
    this.after = Number(lastEventId)
    this.#init = { ...uncached(), ...request, method, body }
    if (json === undefined) return
    if (body !== null) {
      throw new TypeError('Options "json" and "body" are mutually exclusive.')
    }
    this.#init.body = toJson(json)
    if (!this.#headers.has('content-type')) this.#headers.set('content-type', 'application/json')
  }

  /** The request that starts the stream. */
  first(): Request {
    return [this.#url, { ...this.#init, headers: this.#headers }]
  }

  /**
   * The request that resumes the stream; undefined if it cannot be resumed.
   *
   * @param responseUrl - the address of the first response
   */
  rest(stream: InterruptedStream, responseUrl: string): Request | undefined {
    const address = this.#addressOfRest(stream, responseUrl)
    if (address === undefined) return undefined
    const headers = new Headers(this.#headers)
    headers.delete('content-type')
    const { lastEventId } = stream
    if (lastEventId > 0) headers.set('last-event-id', String(lastEventId))
    return [address, { ...this.#init, method: 'GET', body: null, headers }]
  }

  /** Whether a stream that began with this response can probably be resumed. */
  canResume(first: Response | undefined): boolean {
    if (this.#resume !== undefined) return this.#resume !== false
    return this.#isGet || first?.headers.has('content-location') === true
  }

  /**
   * Sends one of them, and again after a 401 that `onUnauthorized` has handled. Redirects are
   * followed within the origin, unless the caller's `redirect` says otherwise.
   */
  async send(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Response> {
    const response = await this.#sendOnce(fetch, request, signal)
    if (response.status !== 401 || this.#onUnauthorized === undefined) return response
    const isHandled = await this.#onUnauthorized(response)
    if (isHandled === false || signal.aborted) return response
    cancelBody(response)
    return this.#sendOnce(fetch, request, signal)
  }

  async #sendOnce(fetch: Fetch, [url, init]: Request, signal: AbortSignal): Promise<Response> {
    const request = { ...init, signal }
    if (this.#ownHeaders !== undefined) {
      request.headers = new Headers(init.headers)
      const own = headersOf(refuseHeader, await this.#ownHeaders())
      for (const [name, value] of own) request.headers.set(name, value)
    }
    const { redirect = 'follow' } = init
    if (redirect !== 'follow') return fetch(url, request)
    const isBare = this.#isPlain && init.body === null
    return fetchWithinOrigin(followingInPages(fetch, isBare), url, request, 'server')
  }

  #addressOfRest(stream: InterruptedStream, responseUrl: string): string | undefined {
    const resume = this.#resume
    if (resume === false) return undefined
    if (typeof resume === 'function') return resume(stream)?.toString()
    if (resume !== undefined) return String(resume)
    const named = stream.headers?.get('content-location') ?? undefined
    // Only the caller's own address is sent the caller's headers, wherever the response came from.
    const base = resolveWithin(responseUrl, this.#url) ?? this.#url
    if (named !== undefined) return resolveWithin(named, base)
    return this.#isGet ? this.#url : undefined
  }
}

/**
 * Workers with a compatibility date before 2024-11 refuse the option, and the fetch of React Native
 * adds a parameter to the URL for it. Neither has a cache, nor the property.
 */
function uncached(): RequestInit {
  const hasCache = typeof Request === 'function' && 'cache' in Request.prototype
  return hasCache ? { cache: 'no-store' } : {}
}

function refuseHeader(name: string): TypeError {
  return new TypeError(
    `Option "headers.${name}" has an invalid value (not shown). Allowed: a string that HTTP can carry, without line breaks.`,
  )
}

/**
 * A browser hides where a redirect leads. There, a page's own server may redirect within its
 * origin, which the browser checks (`mode: 'same-origin'`).
 *
 * @param isBare - the request carries nothing of the caller's, so it is followed first and checked
 *   afterwards
 */
function followingInPages(fetch: Fetch, isBare: boolean) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init)
    if (response.type !== 'opaqueredirect') return response
    const follow: RequestInit = { ...init, redirect: 'follow' }
    if (originOf(parseURL(url)) === originOf(parseURL(''))) follow.mode = 'same-origin'
    else if (!isBare) return response
    return fetch(url, follow).catch(() => {
      throw redirectError('server', 'to another origin')
    })
  }
}
