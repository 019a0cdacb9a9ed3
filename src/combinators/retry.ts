/**
 * Further attempts of a driver that failed.
 *
 * @module
 */

import pRetry from 'p-retry'
import { checkCount, checkDelay, checkKeys, optionError } from '../check.js'
import { StreamError } from '../errors.js'
import type { StreamRequest } from '../messages.js'
import {
  defineLayer,
  type OpenContext,
  openDriver,
  type Sink,
  type Source,
} from '../transport/pull.js'
import type { Completion, ContentEvent, Driver, RetryEvent, Usage } from '../types.js'

export interface RetryOptions {
  /**
   * Attempts after the first one.
   * @default 2
   */
  maxRetries?: number
  /**
   * The shortest wait, in milliseconds, unless the provider asks for another one. Waits are drawn at random between it and a
   * ceiling that begins at twice its value and doubles from attempt to attempt.
   * @default 500
   */
  minDelayMs?: number
  /**
   * The highest ceiling of the waits, in milliseconds.
   * @default 8_000
   */
  maxDelayMs?: number
  /**
   * The longest wait that a provider may ask for (`retry-after`), in milliseconds. If it asks for more, the stream fails at
   * once, with `retryAfterMs` on the error.
   * @default 60_000
   */
  maxRetryAfterMs?: number
  /**
   * Limit in milliseconds for failed attempts and waits together. Of an attempt that failed after content, the time to its
   * first content counts, so healthy streaming is free. No retry begins that would exceed it.
   * @default Infinity
   */
  budgetMs?: number
  /**
   * What happens when an attempt fails after content: `restart` voids it and begins again, `fail` ends the stream.
   * @default 'restart'
   */
  afterContent?: 'restart' | 'fail'
  /**
   * Decides instead of `error.retryable`. If it throws, the stream ends with what it threw.
   * @param attempt - the attempt that failed, from 1
   */
  shouldRetry?: (error: StreamError, attempt: number) => boolean | Promise<boolean>
}

type Settings = Required<Omit<RetryOptions, 'shouldRetry'>> & Pick<RetryOptions, 'shouldRetry'>

/**
 * A driver that tries again. Each further attempt is announced by a `retry` event before the wait.
 *
 * @param options - a number is `maxRetries`
 * @throws TypeError for a bad option
 */
export function retry(driver: Driver, options?: number | RetryOptions): Driver {
  const settings = checkRetry(options)
  return defineLayer(
    driver,
    (request, context) => new RetrySource(driver, request, context, settings),
  )
}

function checkRetry(options: number | RetryOptions | undefined): Settings {
  if (typeof options === 'number')
    return checkRetry({ maxRetries: checkCount('retry', options, 0) })
  const given: RetryOptions = options ?? {}
  if (typeof given !== 'object')
    throw optionError('retry', options, 'a number, false, or an object')
  checkKeys('retry', given, [
    'maxRetries',
    'minDelayMs',
    'maxDelayMs',
    'maxRetryAfterMs',
    'budgetMs',
    'afterContent',
    'shouldRetry',
  ])
  const { afterContent = 'restart', shouldRetry } = given
  if (afterContent !== 'restart' && afterContent !== 'fail') {
    throw optionError('retry.afterContent', afterContent, '"restart" or "fail"')
  }
  if (shouldRetry !== undefined && typeof shouldRetry !== 'function') {
    throw optionError('retry.shouldRetry', shouldRetry, 'a function')
  }
  return {
    maxRetries: checkCount('retry.maxRetries', given.maxRetries, 2),
    minDelayMs: checkDelay('retry.minDelayMs', given.minDelayMs, 500),
    maxDelayMs: checkDelay('retry.maxDelayMs', given.maxDelayMs, 8_000),
    maxRetryAfterMs: checkDelay('retry.maxRetryAfterMs', given.maxRetryAfterMs, 60_000),
    budgetMs: checkDelay('retry.budgetMs', given.budgetMs, Infinity),
    afterContent,
    ...(shouldRetry === undefined ? {} : { shouldRetry }),
  }
}

/** p-retry is entered once a stream, at the first pull; it counts the attempts and asks before each further one. */
class RetrySource implements Source, Sink {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: Settings
  #upstream: Source | undefined
  #sink: Sink | undefined
  #attempt: number
  #failures = 0
  #contentCame = false
  #openedAt = 0
  #spentMs = 0
  #entered = false
  /** The upstream has failed; it is kept for what it cost. */
  #failed = false
  #closed = false
  /** Settles the attempt that p-retry waits for. */
  #settle: { resolve(): void; reject(error: StreamError): void } | undefined
  #endWait: (() => void) | undefined

  constructor(driver: Driver, request: StreamRequest, context: OpenContext, settings: Settings) {
    this.#driver = driver
    this.#request = request
    this.#context = context
    this.#settings = settings
    this.#attempt = context.attempt
  }

  pull(sink: Sink): void {
    this.#sink = sink
    // While a wait is on there is no upstream; the attempt that follows it pulls.
    if (this.#entered) return this.#failed ? undefined : this.#upstream?.pull(this)
    this.#entered = true
    pRetry(() => this.#begin(), {
      retries: this.#settings.maxRetries,
      minTimeout: 0,
      shouldRetry: ({ error }) => this.#decide(error as StreamError),
    }).catch((error: unknown) => {
      if (!this.#closed) this.#take().fail(StreamError.from(error))
    })
  }

  close(): void {
    this.#closed = true
    this.#upstream?.close()
    this.#settle?.resolve()
    this.#endWait?.()
  }

  finished(): Completion | undefined {
    return this.#upstream?.finished()
  }

  usage(): Usage {
    return this.#upstream?.usage() ?? {}
  }

  batch(events: readonly ContentEvent[]): void {
    if (!this.#contentCame) this.#firstContent()
    this.#take().batch(events)
  }

  retry(event: RetryEvent): void {
    this.#attempt = event.attempt
    if (event.mode === 'restart') this.#contentCame = false
    this.#take().retry(event)
  }

  done(completion: Completion): void {
    this.#settle?.resolve()
    this.#take().done(completion)
  }

  fail(error: StreamError): void {
    this.#failed = true
    this.#settle?.reject(error)
  }

  #begin(): Promise<void> {
    const attempt = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#openedAt = performance.now()
    this.#contentCame = false
    this.#failed = false
    this.#upstream = openDriver(this.#driver, this.#request, {
      ...this.#context,
      attempt: this.#attempt,
    })
    if (this.#sink !== undefined) this.#upstream.pull(this)
    return attempt
  }

  #firstContent(): void {
    this.#contentCame = true
    this.#spentMs += performance.now() - this.#openedAt
  }

  async #decide(error: StreamError): Promise<boolean> {
    const { maxRetries, maxRetryAfterMs, budgetMs, afterContent, shouldRetry } = this.#settings
    this.#failures++
    if (!this.#contentCame) this.#spentMs += performance.now() - this.#openedAt
    else if (afterContent === 'fail') return false
    if (error.code === 'aborted') return false
    const wanted =
      shouldRetry === undefined ? error.retryable : await shouldRetry(error, this.#attempt)
    if (!wanted || this.#closed) return false
    if (error.retryAfterMs !== undefined && error.retryAfterMs > maxRetryAfterMs) return false
    const delayMs = error.retryAfterMs ?? this.#backoff()
    this.#spentMs += delayMs
    if (this.#spentMs > budgetMs) return false
    this.#attempt++
    const { provider, model } = this.#driver
    const usage = this.usage()
    // Told with this event, so no part of the next attempt.
    this.#upstream = undefined
    this.#take().retry({
      type: 'retry',
      attempt: this.#attempt,
      maxAttempts: Math.max(this.#context.attempt + maxRetries, this.#attempt),
      delayMs,
      mode: 'restart',
      provider,
      model,
      error,
      ...(Object.keys(usage).length === 0 ? {} : { usage }),
    })
    await this.#wait(delayMs)
    return !this.#closed
  }

  /** Full jitter over a floor: clients that failed together do not come back together, at the ceiling neither. */
  #backoff(): number {
    const { minDelayMs, maxDelayMs } = this.#settings
    const ceiling = Math.max(minDelayMs, Math.min(maxDelayMs, minDelayMs * 2 ** this.#failures))
    return Math.round(minDelayMs + Math.random() * (ceiling - minDelayMs))
  }

  #wait(delayMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    return sink
  }
}
