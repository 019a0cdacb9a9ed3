/**
 * The requests of one stream: the first one, and those that resume it.
 *
 * @module
 */

import { optionError } from '../base/check-options.js'

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

export interface RequestOptions {
  url: string
  init: RequestInit
  json: unknown
  resume: Resume | undefined
}

/** The arguments of `fetch`, without a signal. */
export type Request = [url: string, init: RequestInit]

export class Requests {
  readonly #url: string
  readonly #init: RequestInit
  readonly #headers: Headers
  readonly #resume: Resume | undefined
  /** The id of the last event that was received elsewhere; 0 for a stream from its beginning. */
  readonly after: number
  /** Whether the first request can be sent again, because sending it does not start the answer. */
  readonly repeatable: boolean

  /** @throws TypeError for a value that JSON cannot hold, and for invalid headers */
  constructor({ url, init, json, resume }: RequestOptions) {
    const { body = null } = init
    const { method = json === undefined && body === null ? 'GET' : 'POST' } = init
    this.#url = url
    this.#resume = resume
    this.#headers = headersOf(init.headers)
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

  #addressOfRest(stream: InterruptedStream, responseUrl: string): string | undefined {
    const resume = this.#resume
    if (resume === false) return undefined
    if (typeof resume === 'function') return resume(stream)?.toString()
    if (resume !== undefined) return String(resume)
    const named = stream.headers?.get('content-location') ?? undefined
    if (named !== undefined) return resolveNear(named, responseUrl || this.#url)
    return this.repeatable ? this.#url : undefined
  }
}

/** Hides the value, which may be a token: the runtime's own error would quote it. */
function headersOf(headers: RequestInit['headers']): Headers {
  try {
    return new Headers(headers)
  } catch {
    const allowed = 'names and values that HTTP can carry, without line breaks'
    throw new TypeError(`Option "headers" has an invalid value (not shown). Allowed: ${allowed}.`)
  }
}

/** A placeholder origin for relative addresses. */
const anyOrigin = 'http://origin.invalid'

/**
 * Resolves an address that a response named. Undefined for another origin, which must not receive
 * what was meant for this one.
 */
function resolveNear(address: string, base: string): string | undefined {
  try {
    const near = new URL(base, anyOrigin)
    const { origin, href } = new URL(address, near)
    if (origin !== near.origin) return undefined
    return origin === anyOrigin ? href.slice(origin.length) : href
  } catch {
    return undefined
  }
}
