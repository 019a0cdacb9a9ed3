/**
 * A stream of a server, over as many connections as it takes.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  count,
  delay,
  func,
  has,
  isCount,
  limit,
  optionError,
  optionsOf,
  type Rules,
  rule,
} from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import type { EventStream } from '../base/event-stream.js'
import { isValidUrl } from '../base/url.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { ConnectionSource, type Reconnection } from './connection.js'
import { Requests, type Resume } from './stream-requests.js'

/** Everything that `fetch` takes, and more. */
export interface ConnectOptions extends RequestInit {
  /** Sent as JSON instead of `body`, with bytes as base64. */
  json?: unknown
  /**
   * Used instead of the global one.
   * @default globalThis.fetch
   */
  fetch?: Fetch
  /**
   * Where the rest of a stream can be had by GET with `Last-Event-ID` after its connection was lost; a function is asked then.
   * `false`, or a function that returns undefined: nowhere.
   * @default the address that the response names in `content-location`, if it is of the same origin; else, for GET, the same address.
   * The rest of another request cannot be had without one: sent again, it would ask the model again.
   */
  resume?: Resume
  /**
   * Connections after one that failed. A number is `maxRetries`.
   * @default { maxRetries: 5 }
   */
  retry?: number | false | ReconnectOptions
  /**
   * The longest silence, in milliseconds, while somebody waits for an event; then the connection is taken for lost. The heartbeats of
   * `sse()` come every 15 seconds. It fires between 1 and 1.125 times its value, never early. `Infinity` takes it away.
   * @default 45_000
   */
  idleMs?: number
  /**
   * The longest wait for a response to begin, in milliseconds. A route with `earlyStatus` answers with the first token.
   * @default 150_000
   */
  responseMs?: number
  /** Called before the wait for another connection. What it throws ends the stream. */
  onReconnect?: (reconnection: Reconnection) => void
  /** Called for each response, whatever its status, before its body is read. What it throws ends the stream. */
  onResponse?: (response: Response) => void
}

/** How lost connections are made again. */
export interface ReconnectOptions {
  /**
   * Failures in a row after which no further connection is made. A connection that brought an event, or was kept alive for half a
   * minute, begins the count anew.
   * @default 5
   */
  maxRetries?: number
  /**
   * The shortest wait, in milliseconds. The server's `retry:` field overrides it.
   * @default 500
   */
  minDelayMs?: number
  /**
   * The longest wait, in milliseconds, unless the server asks for a longer one.
   * @default 8_000
   */
  maxDelayMs?: number
  /**
   * The longest wait that the server may ask for, in milliseconds. A `retry-after` beyond it ends the stream at once.
   * @default 60_000
   */
  maxRetryAfterMs?: number
}

const reconnectRules: Rules<ReconnectOptions> = {
  maxRetries: count,
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
 * Asks a server for a stream that it writes with `sse()`. Nothing is sent before the first event is asked for.
 *
 * A connection that is lost is made again where the server can go on: the events come once and in order, by their ids, and only
 * `onReconnect` tells of it. Where it cannot, the stream ends in an `error` of code `interrupted`, `network` or `timeout`. A status of 408,
 * 429 or 5xx is a connection that failed; any other that is not 2xx ends the stream with the error it carries. A request that is not GET
 * is sent a second time only where the server has refused it (429, 503) and said when to come again (`retry-after`).
 *
 * `break`, `cancel()` and an aborted `signal` close the connection at once.
 *
 * @param init - as for `fetch`; with `json` or `body` the method is POST unless it is given. A `last-event-id` among the headers asks
 * for the rest of a stream whose beginning was seen elsewhere
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * for await (const event of connect('/ai/sse', { json: { messages } })) {
 *   if (event.type === 'content' && event.kind === 'text') show(event.text)
 * }
 * ```
 */
export function connect(url: string | URL, init: ConnectOptions = {}): EventStream {
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
    signal,
    ...request
  } = init
  checkUrl(url, fetch)
  const settings = {
    ...reconnectSettings(retry),
    requests: new Requests({ url: String(url), init: request, json, resume }),
    fetch,
    idleMs,
    responseMs,
    onReconnect,
    onResponse,
  }
  const { after } = settings.requests
  const answer = new ReceivedAnswer(new ConnectionSource(settings), { after })
  return new Stream(answer, { signal: signal ?? undefined })
}

const allowedUrl = 'a URL; outside of a browser an absolute one'

/** @internal */
export function isUrl(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL
}

function checkUrl(url: string | URL, fetch: ConnectOptions['fetch']): void {
  // Without a page, a relative address leads nowhere, unless the given `fetch` knows better.
  const base = 'location' in globalThis || fetch !== undefined ? 'http://any' : undefined
  // A query may hold a token.
  const shown = String(url).replace(/\?.*/s, '?…')
  if (!isValidUrl(url, base)) throw optionError('url', shown, allowedUrl)
}

function reconnectSettings(retry: ConnectOptions['retry'] = {}): Required<ReconnectOptions> {
  const options = typeof retry === 'object' ? retry : { maxRetries: Number(retry) }
  const { maxRetries = 5, minDelayMs = 500, maxRetryAfterMs = 60_000 } = options
  // A floor that is raised alone raises the ceiling with it.
  const { maxDelayMs = Math.max(8_000, minDelayMs) } = options
  return { maxRetries, minDelayMs, maxDelayMs, maxRetryAfterMs }
}
