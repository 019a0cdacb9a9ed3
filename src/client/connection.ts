/**
 * Reads one stream over several connections.
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
import type { DataEvent } from './data-event.js'
import { listenForWake } from './page-events.js'
import { type ResponseListener, ResponseSource } from './response.js'
import { Sequence } from './sequence.js'
import { connectionError, serverError } from './server-error.js'
import type { Request, Requests } from './stream-requests.js'
import { Watchdog } from './watchdog.js'

/** Describes a reconnection that is about to start. */
export interface Reconnection {
  /** The number of the connection in a row, from 2. */
  attempt: number
  /** `Infinity` without a limit. */
  maxAttempts: number
  /** The wait before it, in milliseconds. */
  delayMs: number
  /** Why the last connection failed. */
  error: StreamError
}

export interface ConnectionSettings {
  requests: Requests
  fetch: Fetch | undefined
  /** Undefined for the default, which depends on whether the stream has begun. */
  maxRetries: number | undefined
  maxOutageMs: number
  minDelayMs: number
  maxDelayMs: number
  maxRetryAfterMs: number
  idleMs: number
  responseMs: number
  onReconnect: ((reconnection: Reconnection) => void) | undefined
  onResponse: ((response: Response) => void) | undefined
  onData: ((event: DataEvent) => void) | undefined
}

/** The default of `maxRetries` before the first response: the address may be wrong. */
const retriesBeforeResponse = 5

/**
 * A connection that was kept alive for this long, in milliseconds, is healthy although it delivered
 * no event: the model may be thinking.
 */
const healthyMs = 30_000

/**
 * The longest silence of a connection when its page comes back, in milliseconds. Its socket may have
 * died unnoticed, and reconnecting costs one request.
 */
const silenceAfterWakeMs = 5_000

export class ConnectionSource implements EventOrigin, EventSink, ResponseListener {
  /** The id of the last event that was received elsewhere; 0 for a stream from its beginning. */
  readonly after: number
  readonly #settings: ConnectionSettings
  readonly #sequence: Sequence
  readonly #watchdog = new Watchdog((limitMs) => this.#expire(limitMs))
  #sink: EventSink | undefined
  #controller: AbortController | undefined
  #response: ResponseSource | undefined
  /** The first response with a status of 2xx. */
  #first: Response | undefined
  /** Why the request that starts the stream got no such response. */
  #unanswered: StreamError | undefined
  #failures = 0
  /** When the first of the failures in a row happened. */
  #failedAt = 0
  #openedAt = 0
  /** Whether the connection has delivered any bytes. */
  #heard = false
  /** The wait that the server has requested. */
  #serverDelayMs: number | undefined
  #wait: ReturnType<typeof setTimeout> | undefined
  /** The request that is sent after the wait. */
  #next: Request | undefined
  #stopListening: (() => void) | undefined
  /** Whether the page has come back, and the connection has delivered nothing since. */
  #isSuspect = false
  /** A hook of the caller may close the source at any point. */
  #closed = false

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.after = settings.requests.after
    this.#sequence = new Sequence(this.after)
  }

  pull(sink: EventSink): void {
    this.#sink = sink
    if (this.#response === undefined) {
      this.#stopListening ??= listenForWake((isRestored) => this.#wake(isRestored))
      return this.#open(this.#settings.requests.first())
    }
    this.#watchdog.wait()
    this.#response.pull(this)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#wait)
    this.#stopListening?.()
    this.#hangUp()
  }

  // -------------------------------------------------------------- from the response

  onBytes(): void {
    this.#heard = this.#watchdog.fed = true
    if (!this.#isSuspect) return
    this.#isSuspect = false
    this.#watchdog.watch(this.#settings.idleMs)
  }

  onData(event: DataEvent): void {
    this.#settings.onData?.(event)
  }

  onRetry(delayMs: number): void {
    this.#serverDelayMs = Math.min(delayMs, this.#settings.maxRetryAfterMs)
  }

  accept(event: StreamEvent, id: string | undefined): boolean {
    return this.#sequence.accept(event, id)
  }

  events(batch: readonly StreamEvent[]): void {
    this.#failures = 0
    if (isTerminal(batch.at(-1))) {
      this.#watchdog.stop()
      this.#stopListening?.()
    }
    const { last: lastId } = this.#sequence
    this.#take().events(batch, lastId === undefined ? undefined : lastId - batch.length + 1)
  }

  fail(error: StreamError): void {
    this.#hangUp()
    let next: (() => void) | StreamError
    try {
      next = this.#plan(error)
    } catch (thrown) {
      // Thrown by a hook of the caller.
      next = StreamError.from(thrown)
    }
    if (this.#closed) return
    if (StreamError.is(next)) this.#end(next)
    else next()
  }

  // -------------------------------------------------------------- inside

  #open(request: Request): void {
    const controller = new AbortController()
    const { fetch = globalThis.fetch, requests, responseMs } = this.#settings
    this.#controller = controller
    this.#openedAt = performance.now()
    this.#heard = false
    this.#watchdog.watch(responseMs)
    const send = async (): Promise<Response> => requests.send(fetch, request, controller.signal)
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
      if (!this.#closed) this.#end(StreamError.from(thrown))
      return
    }
    this.#response?.pull(this)
  }

  /**
   * @returns a function that starts the wait for a new connection, or the error that ends the
   * stream
   */
  #plan(error: StreamError): (() => void) | StreamError {
    const request = this.#requestAfter(error)
    if (request === undefined) return this.#lastWord(error)
    const { minDelayMs, maxDelayMs, onReconnect } = this.#settings
    const failures = ++this.#failures
    if (failures === 1) this.#failedAt = performance.now()
    const floorMs = this.#serverDelayMs ?? minDelayMs
    const ceilingMs = Math.max(floorMs, maxDelayMs)
    const backoff = backoffMs({ minDelayMs: floorMs, maxDelayMs: ceilingMs }, failures)
    const delayMs = Math.min(Math.max(backoff, error.retryAfterMs ?? 0), longestDelayMs)
    onReconnect?.({ attempt: failures + 1, maxAttempts: this.#maxRetries + 1, delayMs, error })
    return () => {
      this.#next = request
      this.#wait = setTimeout(() => this.#reopen(), delayMs)
    }
  }

  #reopen(): void {
    const request = this.#next
    this.#next = undefined
    if (request !== undefined) this.#open(request)
  }

  get #maxRetries(): number {
    const isUnanswered = this.#first === undefined
    return this.#settings.maxRetries ?? (isUnanswered ? retriesBeforeResponse : Infinity)
  }

  /** The page is back: what failed while it was away does not count. */
  #wake(isRestored: boolean): void {
    // The timers of a frozen page may run before this event.
    this.#failures = 0
    if (this.#next !== undefined) {
      clearTimeout(this.#wait)
      return this.#reopen()
    }
    const { requests, idleMs } = this.#settings
    const { last, broken } = this.#sequence
    const canResume = last !== undefined && broken === undefined && requests.canResume(this.#first)
    if (this.#response === undefined || this.#sink === undefined || !canResume) return
    if (isRestored) {
      const message =
        'The page was restored from the back/forward cache, which keeps no connection.'
      return this.fail(serverError('interrupted', message))
    }
    this.#isSuspect = true
    this.#watchdog.watch(Math.min(idleMs, silenceAfterWakeMs))
  }

  /** The request that can resume the stream; undefined if none can. */
  #requestAfter(error: StreamError): Request | undefined {
    const { requests, maxOutageMs, maxRetryAfterMs } = this.#settings
    const { last, broken, lost } = this.#sequence
    const now = performance.now()
    const livedMs = now - this.#openedAt
    if (this.#heard && error.code !== 'timeout' && livedMs >= healthyMs) this.#failures = 0
    if (this.#failures >= this.#maxRetries) return undefined
    if (this.#failures > 0 && now - this.#failedAt >= maxOutageMs) return undefined
    if (last === undefined || broken !== undefined) return undefined
    if (error !== lost && !canPass(error)) return undefined
    if ((error.retryAfterMs ?? 0) > maxRetryAfterMs) return undefined
    if (this.#first === undefined) {
      // The server has refused the request and said when to send it again.
      if (requests.repeatable || isRefusal(error)) return requests.first()
      this.#unanswered ??= error
    }
    const { headers, url = '' } = this.#first ?? {}
    return requests.rest({ headers, id: this.#sequence.streamId, lastEventId: last }, url)
  }

  /** The error that ends the stream. */
  #lastWord(error: StreamError): StreamError {
    // The stream had not started, so it is no news that there is nothing to resume.
    if (this.#first === undefined) return this.#unanswered ?? error
    if (error.status !== 404 && error.status !== 410) return error
    const message = `The server does not have the rest of the answer (status ${error.status}).`
    return serverError('interrupted', message, { status: error.status, cause: error })
  }

  #expire(limitMs: number): void {
    this.#isSuspect = false
    const message =
      this.#response === undefined
        ? `The response did not begin within ${limitMs} ms (responseMs).`
        : `The server sent nothing for ${limitMs} ms (idleMs).`
    this.fail(serverError('timeout', message))
  }

  #hangUp(): void {
    this.#watchdog.stop()
    this.#controller?.abort()
    // A custom `fetch` may ignore the signal.
    this.#response?.close()
    this.#response = undefined
  }

  #end(error: StreamError): void {
    this.#stopListening?.()
    this.#take().fail(error)
  }

  #take(): EventSink {
    const sink = this.#sink as EventSink
    this.#sink = undefined
    this.#watchdog.waiting = false
    return sink
  }
}

/** Whether a new connection can succeed. */
function canPass({ retryable, status = 0 }: StreamError): boolean {
  const final =
    status === 204 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  return retryable && !final
}

function isRefusal({ status, retryAfterMs }: StreamError): boolean {
  return (status === 429 || status === 503) && retryAfterMs !== undefined
}
