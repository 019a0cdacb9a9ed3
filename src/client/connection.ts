/**
 * One stream over several connections.
 *
 * @module
 */

import { backoffMs } from '../base/backoff.js'
import type { Fetch } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import { isTerminal, type StreamEvent } from '../base/events.js'
import { longestDelayMs } from '../base/timers.js'
import type { EventOrigin, EventSink } from '../core/event-feed.js'
import { cancelBody } from '../http/body.js'
import { type ResponseListener, ResponseSource } from './response.js'
import { Sequence } from './sequence.js'
import { connectionError, serverError } from './server-error.js'
import type { Request, Requests } from './stream-requests.js'
import { Watchdog } from './watchdog.js'

/** A connection is about to be made again. */
export interface Reconnection {
  /** The one in a row that is about to begin, from 2. */
  attempt: number
  maxAttempts: number
  /** The wait before it, in milliseconds. */
  delayMs: number
  /** Why the last one failed. */
  error: StreamError
}

export interface ConnectionSettings {
  requests: Requests
  fetch: Fetch | undefined
  maxRetries: number
  minDelayMs: number
  maxDelayMs: number
  maxRetryAfterMs: number
  idleMs: number
  responseMs: number
  onReconnect: ((reconnection: Reconnection) => void) | undefined
  onResponse: ((response: Response) => void) | undefined
}

/** A connection that was kept alive for so long, in milliseconds, was a good one although it brought no event: the model thinks. */
const healthyMs = 30_000

export class ConnectionSource implements EventOrigin, EventSink, ResponseListener {
  readonly #settings: ConnectionSettings
  readonly #sequence: Sequence
  readonly #watchdog = new Watchdog((limitMs) => this.#expire(limitMs))
  #sink: EventSink | undefined
  #controller: AbortController | undefined
  #response: ResponseSource | undefined
  /** The first response that is one. */
  #first: Response | undefined
  /** Why the request that was to begin the stream got no such response. */
  #unanswered: StreamError | undefined
  #failures = 0
  #openedAt = 0
  /** The connection has brought anything at all. */
  #heard = false
  /** The wait that the server has asked for. */
  #serverDelayMs: number | undefined
  #wait: ReturnType<typeof setTimeout> | undefined
  /** A hook of the caller's may close it in the middle of anything. */
  #closed = false

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.#sequence = new Sequence(settings.requests.after)
  }

  pull(sink: EventSink): void {
    this.#sink = sink
    if (this.#response === undefined) return this.#open(this.#settings.requests.first())
    this.#watchdog.wait()
    this.#response.pull(this)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#wait)
    this.#hangUp()
  }

  // -------------------------------------------------------------- from the response

  onBytes(): void {
    this.#heard = this.#watchdog.fed = true
  }

  onRetry(delayMs: number): void {
    this.#serverDelayMs = Math.min(delayMs, this.#settings.maxRetryAfterMs)
  }

  accept(event: StreamEvent, id: string | undefined): boolean {
    return this.#sequence.accept(event, id)
  }

  events(batch: readonly StreamEvent[]): void {
    this.#failures = 0
    if (isTerminal(batch.at(-1))) this.#watchdog.stop()
    const { last: lastId } = this.#sequence
    this.#take().events(batch, lastId === undefined ? undefined : lastId - batch.length + 1)
  }

  fail(error: StreamError): void {
    this.#hangUp()
    let next: (() => void) | StreamError
    try {
      next = this.#next(error)
    } catch (thrown) {
      // By a hook of the caller's
      next = StreamError.from(thrown)
    }
    if (this.#closed) return
    if (StreamError.is(next)) this.#take().fail(next)
    else next()
  }

  // -------------------------------------------------------------- inside

  #open([url, init]: Request): void {
    const controller = new AbortController()
    const { fetch = globalThis.fetch, responseMs } = this.#settings
    this.#controller = controller
    this.#openedAt = performance.now()
    this.#heard = false
    this.#watchdog.watch(responseMs)
    const send = async (): Promise<Response> => fetch(url, { ...init, signal: controller.signal })
    send().then(
      (response) => {
        if (controller.signal.aborted) cancelBody(response)
        else this.#onResponse(response)
      },
      (thrown: unknown) => {
        if (controller.signal.aborted) return
        this.fail(connectionError(thrown, 'before the response began'))
      },
    )
  }

  #onResponse(response: Response): void {
    this.#response = new ResponseSource(response, this)
    if (response.ok) this.#first ??= response
    this.#watchdog.watch(this.#settings.idleMs)
    try {
      this.#settings.onResponse?.(response)
    } catch (thrown) {
      this.#hangUp()
      if (!this.#closed) this.#take().fail(StreamError.from(thrown))
      return
    }
    this.#response?.pull(this)
  }

  /** @returns what begins the wait for another connection, or what the reader is told in the end */
  #next(error: StreamError): (() => void) | StreamError {
    const request = this.#requestAfter(error)
    if (request === undefined) return this.#lastWord(error)
    const { maxRetries, minDelayMs, maxDelayMs, onReconnect } = this.#settings
    const failures = ++this.#failures
    const floorMs = this.#serverDelayMs ?? minDelayMs
    const ceilingMs = Math.max(floorMs, maxDelayMs)
    const backoff = backoffMs({ minDelayMs: floorMs, maxDelayMs: ceilingMs }, failures)
    const delayMs = Math.min(Math.max(backoff, error.retryAfterMs ?? 0), longestDelayMs)
    onReconnect?.({ attempt: failures + 1, maxAttempts: maxRetries + 1, delayMs, error })
    return () => {
      this.#wait = setTimeout(() => this.#open(request), delayMs)
    }
  }

  /** The request that can mend it. */
  #requestAfter(error: StreamError): Request | undefined {
    const { requests, maxRetries, maxRetryAfterMs } = this.#settings
    const { last, broken, lost } = this.#sequence
    const livedMs = performance.now() - this.#openedAt
    if (this.#heard && error.code !== 'timeout' && livedMs >= healthyMs) this.#failures = 0
    if (this.#failures >= maxRetries) return undefined
    if (last === undefined || broken !== undefined) return undefined
    if (error !== lost && !canPass(error)) return undefined
    if ((error.retryAfterMs ?? 0) > maxRetryAfterMs) return undefined
    if (this.#first === undefined) {
      // The server says that it has begun nothing, and invites.
      if (requests.repeatable || isRefusal(error)) return requests.first()
      this.#unanswered ??= error
    }
    const { headers, url = '' } = this.#first ?? {}
    return requests.rest({ headers, id: this.#sequence.streamId, lastEventId: last }, url)
  }

  /** What the reader is told in the end. */
  #lastWord(error: StreamError): StreamError {
    // The rest of a stream was asked for that had not begun: that it is not there is no news.
    if (this.#first === undefined) return this.#unanswered ?? error
    if (error.status !== 404 && error.status !== 410) return error
    const message = `The server does not have the rest of the answer (status ${error.status}).`
    return serverError('interrupted', message, { status: error.status, cause: error })
  }

  #expire(limitMs: number): void {
    const message =
      this.#response === undefined
        ? `The response did not begin within ${limitMs} ms (responseMs).`
        : `Nothing at all came from the server for ${limitMs} ms (idleMs).`
    this.fail(serverError('timeout', message))
  }

  #hangUp(): void {
    this.#watchdog.stop()
    this.#controller?.abort()
    // A `fetch` of the caller's may not listen to the signal.
    this.#response?.close()
    this.#response = undefined
  }

  #take(): EventSink {
    const sink = this.#sink as EventSink
    this.#sink = undefined
    this.#watchdog.waiting = false
    return sink
  }
}

/** Whether another connection may fare better. */
function canPass({ retryable, status = 0 }: StreamError): boolean {
  const final =
    status === 204 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  return retryable && !final
}

function isRefusal({ status, retryAfterMs }: StreamError): boolean {
  return (status === 429 || status === 503) && retryAfterMs !== undefined
}
