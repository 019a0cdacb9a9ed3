/**
 * A stream of a server, over as many connections as it takes.
 *
 * @module
 */

import {
  checkCount,
  checkDelay,
  checkKeys,
  checkLimit,
  optionError,
} from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import type { EventStream } from '../base/event-stream.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { ConnectionSource, type Reconnection } from './connection.js'
import { Requests, type Resume } from './stream-requests.js'

/** Everything that `fetch` takes, and more. */
export interface ConnectOptions extends RequestInit {
  /** Sent as JSON, instead of `body`. */
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
  if (typeof init !== 'object' || init === null) throw optionError('init', init, 'an object')
  const { json, fetch, resume, retry, idleMs, responseMs, onReconnect, onResponse, ...rest } = init
  const { signal, ...request } = rest
  checkUrl(url, fetch)
  for (const [name, hook] of Object.entries({ fetch, onReconnect, onResponse })) {
    if (hook !== undefined && typeof hook !== 'function')
      throw optionError(name, hook, 'a function')
  }
  if (signal && typeof signal.addEventListener !== 'function') {
    throw optionError('signal', signal, 'an AbortSignal')
  }
  const requests = new Requests({ url: String(url), init: request, json, resume })
  const settings = {
    ...checkReconnect(retry),
    requests,
    fetch,
    idleMs: checkLimit('idleMs', idleMs, 45_000),
    responseMs: checkLimit('responseMs', responseMs, 150_000),
    onReconnect,
    onResponse,
  }
  const answer = new ReceivedAnswer(new ConnectionSource(settings), { after: requests.after })
  return new Stream(answer, { signal: signal ?? undefined })
}

function checkUrl(url: unknown, fetch: ConnectOptions['fetch']): void {
  if (typeof url !== 'string' && !(url instanceof URL)) throw optionError('url', url, 'a URL')
  // Where there is no page, a relative address leads nowhere, unless the `fetch` that is given knows better.
  const base = 'location' in globalThis || fetch !== undefined ? 'http://any' : undefined
  if (!URL.canParse(url, base)) {
    throw optionError('url', url, 'a URL; outside of a browser an absolute one')
  }
}

function checkReconnect(retry: ConnectOptions['retry'] = {}): Required<ReconnectOptions> {
  if (retry === false) return checkReconnect(0)
  if (typeof retry === 'number')
    return checkReconnect({ maxRetries: checkCount('retry', retry, 5) })
  checkKeys(
    'retry',
    retry,
    ['maxRetries', 'minDelayMs', 'maxDelayMs', 'maxRetryAfterMs'],
    'a number, false, or an object',
  )
  const minDelayMs = checkDelay('retry.minDelayMs', retry.minDelayMs, 500)
  return {
    maxRetries: checkCount('retry.maxRetries', retry.maxRetries, 5),
    minDelayMs,
    // A floor that is raised alone raises the ceiling with it.
    maxDelayMs: checkDelay('retry.maxDelayMs', retry.maxDelayMs, Math.max(8_000, minDelayMs)),
    maxRetryAfterMs: checkDelay('retry.maxRetryAfterMs', retry.maxRetryAfterMs, 60_000),
  }
}
