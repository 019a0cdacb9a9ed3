/**
 * The requests of one stream: the one that begins it, and those for its rest.
 *
 * @module
 */

import { optionError } from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import { headersOf } from '../http/headers.js'
import {
  fetchWithinOrigin,
  originOf,
  parseURL,
  redirectError,
  resolveWithin,
} from '../http/same-origin.js'

/** A stream whose connection was lost. */
export interface InterruptedStream {
  /** Those of the response that began it; undefined if none came. */
  headers: Headers | undefined
  /** The id of its `start` event; undefined if none came. */
  id: string | undefined
  /** The id of the last event that came; 0 if none did. */
  lastEventId: number
}

/** Where the rest of a stream can be had. */
export type Resume =
  | false
  | string
  | URL
  | ((stream: InterruptedStream) => string | URL | undefined)

export interface RequestOptions {
  url: string
  init: RequestInit
  json: unknown
  resume: Resume | undefined
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
  /** The id of the last event that was seen elsewhere; 0 for a stream from its beginning. */
  readonly after: number
  /** Whether it can be sent any number of times: what it asks for is not begun by it. */
  readonly repeatable: boolean

  /** @throws TypeError for JSON that cannot be written, and for headers that are none */
  constructor({ url, init, json, resume }: RequestOptions) {
    const { body = null } = init
    const { method = json === undefined && body === null ? 'GET' : 'POST' } = init
    this.#url = url
    this.#resume = resume
    this.#headers = headersOf(refuseHeader, init.headers)
    this.#isPlain = [...this.#headers].length === 0
    if (!this.#headers.has('accept')) this.#headers.set('accept', 'text/event-stream')
    this.repeatable = method.toUpperCase() === 'GET'
    const lastEventId = this.#headers.get('last-event-id') ?? ''
    if (!/^\d{0,15}$/.test(lastEventId)) {
      throw optionError('headers.last-event-id', lastEventId, 'the id of an event, a whole number')
    }
    this.after = Number(lastEventId)
    this.#init = { cache: 'no-store', ...init, method, body }
    if (json === undefined) return
    if (body !== null) {
      throw new TypeError('Options "json" and "body" are mutually exclusive.')
    }
    this.#init.body = JSON.stringify(json)
    if (!this.#headers.has('content-type')) this.#headers.set('content-type', 'application/json')
  }

  /** The one that begins the stream. */
  first(): Request {
    return [this.#url, { ...this.#init, headers: this.#headers }]
  }

  /**
   * The one for the rest of the stream; undefined if the rest is not available.
   *
   * @param responseUrl - the address of the response that began the stream
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

  /**
   * Sends one of them. Redirects are followed within the origin, unless the caller's `redirect` says
   * otherwise.
   */
  send(fetch: Fetch, [url, init]: Request, signal: AbortSignal): Promise<Response> {
    const request = { ...init, signal }
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
    return this.repeatable ? this.#url : undefined
  }
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
