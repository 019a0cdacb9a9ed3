/**
 * Reads a stream from a server and reconnects when the connection drops.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  count,
  delay,
  flag,
  func,
  has,
  isCount,
  limit,
  optionsOf,
  type Rules,
  rule,
} from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import type { EventStream } from '../base/event-stream.js'
import { optionError } from '../base/option-error.js'
import { isValidUrl } from '../base/url.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { ConnectionSource, type Reconnection } from './connection.js'
import type { DataEvent } from './data-event.js'
import { type RequestHeaders, Requests, type Resume } from './stream-requests.js'

/** Options of `connect()`, in addition to those of `fetch`. */
export interface ConnectOptions extends Omit<RequestInit, 'headers'> {
  /**
   * The headers of each request. A function is called before each of them, such as one that returns
   * a fresh token.
   */
  headers?: RequestHeaders
  /** Sent as JSON, with bytes as base64. Mutually exclusive with `body`. */
  json?: unknown
  /**
   * Replaces the global `fetch`.
   * @default globalThis.fetch
   */
  fetch?: Fetch
  /**
   * The address from which an interrupted stream is resumed, by GET with `Last-Event-ID`. A
   * function is called after each lost connection. `false`, or a function that returns undefined,
   * disables resuming.
   * @default the address in the `content-location` header of the response, if it has the same
   * origin; otherwise, for GET, the same address. Other requests cannot be resumed without an
   * address, because sending them again would call the model again.
   */
  resume?: Resume
  /**
   * Whether the server recognizes the request when it receives it twice, such as by a key in its
   * body. Only then is it sent again if its response was lost.
   * @default true for GET, otherwise false
   */
  idempotent?: boolean
  /**
   * Called for a response with status 401. When it returns, or its promise resolves, the request is
   * sent once more, with the headers that `headers` returns then. If it returns false, the 401
   * stands.
   */
  onUnauthorized?: (response: Response) => unknown
  /** Reconnection options. A number is `maxRetries`. */
  retry?: number | false | ReconnectOptions
  /**
   * The longest silence, in milliseconds, while the reader waits for an event. After that, the
   * connection counts as lost. The heartbeats of `sse()` arrive every 15 seconds. It fires after 1
   * to 1.125 times its value, never early. `Infinity` disables it.
   * @default 45_000
   */
  idleMs?: number
  /**
   * The longest wait for the response headers, in milliseconds. A route with `earlyStatus` sends
   * them with the first token.
   * @default 150_000
   */
  responseMs?: number
  /**
   * Called before each wait for a new connection. If it throws, the stream ends with what it threw.
   */
  onReconnect?: (reconnection: Reconnection) => void
  /**
   * Called for each response, whatever its status, before its body is read. If it throws, the
   * stream ends with what it threw.
   */
  onResponse?: (response: Response) => void
  /** Called for each event of the application, which the server has sent beside those of the stream. */
  onData?: (event: DataEvent) => void
}

/** Reconnection options. */
export interface ReconnectOptions {
  /**
   * The maximum number of reconnections in a row. The count restarts after a connection that
   * delivered an event or was kept alive for half a minute, and when the page is online or visible
   * again.
   * @default 5 until the server has answered once, then Infinity
   */
  maxRetries?: number
  /**
   * The longest time without a connection, in milliseconds. It is measured while the page is awake.
   * @default 600_000
   */
  maxOutageMs?: number
  /**
   * The shortest wait, in milliseconds. The server's `retry:` field overrides it.
   * @default 500
   */
  minDelayMs?: number
  /**
   * The longest wait, in milliseconds, unless the server requests a longer one.
   * @default 8_000
   */
  maxDelayMs?: number
  /**
   * The longest wait that the server may request, in milliseconds. If `retry-after` is longer, the
   * stream ends at once.
   * @default 60_000
   */
  maxRetryAfterMs?: number
}

const reconnectRules: Rules<ReconnectOptions> = {
  maxRetries: count,
  maxOutageMs: delay,
  minDelayMs: delay,
  maxDelayMs: delay,
  maxRetryAfterMs: delay,
}

/** @internal `fetch` checks its own options. */
export const connectRules: Rules<ConnectOptions> = {
  json: anything,
  fetch: func,
  resume: rule(
    'false, a URL, or a function that returns one',
    (value) => value === false || isUrl(value) || typeof value === 'function',
  ),
  retry: optionsOf(
    'an integer from 0, Infinity, false, or an object',
    reconnectRules,
    (value) => value === false || isCount(value),
  ),
  idleMs: limit,
  responseMs: limit,
  onReconnect: func,
  onResponse: func,
  onData: func,
  idempotent: flag,
  onUnauthorized: func,
  signal: rule('an AbortSignal', (value) => value === null || has(value, 'addEventListener')),
  body: anything,
  cache: anything,
  credentials: anything,
  headers: anything,
  integrity: anything,
  keepalive: anything,
  method: anything,
  mode: anything,
  priority: anything,
  redirect: anything,
  referrer: anything,
  referrerPolicy: anything,
  window: anything,
}

/**
 * Reads a stream that a server writes with `sse()`. Nothing is sent before the first event is read.
 *
 * After a lost connection it reconnects, if the server can resume the stream. Each event is
 * delivered once and in order, by its id, and only `onReconnect` reports the interruption.
 * Otherwise the stream ends with an `error` of code `interrupted`, `network` or `timeout`. A status
 * of 408, 429 or 5xx counts as a failed connection; any other status outside 2xx ends the stream
 * with the error in the response. A request other than GET is sent again only if the server refused
 * it (429, 503) and said when to retry (`retry-after`), or if it is `idempotent`.
 *
 * A page that comes back (online, visible, or from the back/forward cache) reconnects at once, and
 * replaces a connection that stays silent.
 *
 * `break`, `cancel()` and an aborted `signal` close the connection at once.
 *
 * @param init - as for `fetch`; the default method is POST with `json` or `body`. A `last-event-id`
 * header resumes a stream whose beginning was received elsewhere
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * for await (const event of connect('/ai/sse', { json: { messages } })) {
 *   if (event.type === 'content' && event.kind === 'text') show(event.text)
 * }
 * ```
 */
export function connect(url: string | URL, init: ConnectOptions = {}): EventStream {
  const source = openConnection(url, init)
  return new Stream(new ReceivedAnswer(source, source), { signal: init.signal ?? undefined })
}

/** @internal The events of `connect()`, for a reader that keeps them itself. It ignores `signal`. */
export function openConnection(url: string | URL, init: ConnectOptions): ConnectionSource {
  if (!isUrl(url)) throw optionError('url', url, allowedUrl)
  if (typeof init !== 'object' || init === null) throw optionError('init', init, 'an object')
  // Runtimes have further options of `fetch`: `dispatcher`, `cf`, `next`.
  checkOptions('', init, connectRules, 'an object', true)
  const {
    json,
    fetch,
    resume,
    retry,
    idleMs = 45_000,
    responseMs = 150_000,
    onReconnect,
    onResponse,
    onData,
    idempotent,
    onUnauthorized,
    signal: _signal,
    ...request
  } = init
  checkUrl(url, fetch)
  return new ConnectionSource({
    ...reconnectSettings(retry),
    requests: new Requests({
      url: String(url),
      init: request,
      json,
      resume,
      idempotent,
      onUnauthorized,
    }),
    fetch,
    idleMs,
    responseMs,
    onReconnect,
    onResponse,
    onData,
  })
}

const allowedUrl = 'an absolute URL, or in a browser a relative one'

/** @internal */
export function isUrl(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL
}

function checkUrl(url: string | URL, fetch: ConnectOptions['fetch']): void {
  // Without a page, only a custom `fetch` can resolve a relative address.
  const base = 'location' in globalThis || fetch !== undefined ? 'http://any' : undefined
  // A query may hold a token.
  const shown = String(url).replace(/\?.*/s, '?…')
  if (!isValidUrl(url, base)) throw optionError('url', shown, allowedUrl)
}

function reconnectSettings(retry: ConnectOptions['retry'] = {}) {
  const options: ReconnectOptions =
    typeof retry === 'object' ? retry : { maxRetries: Number(retry) }
  const { maxRetries, maxOutageMs = 600_000, minDelayMs = 500, maxRetryAfterMs = 60_000 } = options
  // A raised minDelayMs raises the default of maxDelayMs.
  const { maxDelayMs = Math.max(8_000, minDelayMs) } = options
  return { maxRetries, maxOutageMs, minDelayMs, maxDelayMs, maxRetryAfterMs }
}
