/**
 * The attempts of one stream.
 *
 * @module
 */

import pRetry from 'p-retry'
import { openDriver } from '../../attempt/define-driver.js'
import type { Completion, Driver } from '../../base/driver.js'
import { StreamError } from '../../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../../base/events.js'
import type { StreamRequest } from '../../base/request.js'
import { isEmpty } from '../../base/usage.js'
import { abandon } from '../../pull/abort.js'
import type { OpenContext, Resumption, Sink, Source } from '../../pull/source.js'
import { type Joint, PartialAnswer } from './continuation.js'
import { HoldBackSource } from './hold-back.js'
import type { RetrySettings } from './options.js'
import { delayAfter, Wait } from './wait.js'

/** How the next attempt begins. */
interface Next {
  mode: RetryEvent['mode']
  request: StreamRequest
  resumption?: Resumption
}

/** p-retry is entered once a stream, at the first pull; it counts the attempts and asks before each further one. */
export class RetrySource implements Source, Sink {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: RetrySettings
  #upstream: Source | undefined
  #sink: Sink | undefined
  #attempt: number
  /** The number of an attempt that a layer below has announced and may not make. */
  #unused: number | undefined
  #next: Next
  #failures = 0
  #contentCame = false
  #openedAt = 0
  #spentMs = 0
  #entered = false
  /** The upstream has been asked. */
  #started = false
  /** Nobody is to be pulled: the upstream has failed, and is kept for what can still be read off it. */
  #failed = false
  #closed = false
  /** The budget is used up. */
  #broke = false
  /** The end that came while nobody waited. */
  #late: StreamError | undefined
  /** Settles the attempt that p-retry waits for. */
  #settle: { resolve(): void; reject(error: StreamError): void } | undefined
  #wait: Wait | undefined
  #budget: ReturnType<typeof setTimeout> | undefined
  /** What the reader has received, if `continue` may have to build on it. */
  readonly #answer: PartialAnswer | undefined
  #joint: Joint | undefined
  /** It follows the content that was held at the joint. */
  #completion: Completion | undefined

  constructor(
    driver: Driver,
    request: StreamRequest,
    context: OpenContext,
    settings: RetrySettings,
  ) {
    this.#driver = driver
    this.#request = request
    this.#context = context
    this.#settings = settings
    this.#attempt = context.attempt
    this.#next = { mode: 'restart', request }
    this.#answer = settings.afterContent === 'continue' ? new PartialAnswer() : undefined
  }

  pull(sink: Sink): void {
    if (this.#completion !== undefined) return sink.done(this.#completion)
    if (this.#late !== undefined) return sink.fail(this.#late)
    this.#sink = sink
    if (this.#entered) return this.#pull()
    this.#entered = true
    pRetry(() => this.#begin(), {
      retries: this.#settings.maxRetries,
      minTimeout: 0,
      shouldRetry: ({ error }) => this.#decide(error as StreamError),
    }).catch((error: unknown) => {
      if (this.#closed) return
      if (this.#sink === undefined) this.#late = StreamError.from(error)
      else this.#take().fail(StreamError.from(error))
    })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#budget)
    this.#upstream?.close()
    this.#settle?.resolve()
    this.#wait?.end()
  }

  finished(): Completion | undefined {
    return this.#completion ?? this.#upstream?.finished()
  }

  usage(): UsageSum {
    return this.#upstream?.usage() ?? {}
  }

  /** During a wait it is the one that the next attempt would have picked up. */
  resumption(): Resumption | undefined {
    return this.#upstream === undefined ? this.#next.resumption : this.#upstream.resumption?.()
  }

  batch(events: readonly ContentEvent[]): void {
    if (!this.#contentCame) this.#firstContent()
    if (this.#answer === undefined) return this.#take().batch(events)
    const content = this.#joint === undefined ? events : this.#joint.join(events)
    this.#answer.add(content)
    if (content.length > 0) this.#take().batch(content)
    else this.#upstream?.pull(this)
  }

  /** A layer below begins another attempt. */
  retry(event: RetryEvent): void {
    let { mode } = event
    if (mode === 'restart') {
      if (this.#joint === undefined) this.#answer?.reset()
      else {
        // It would void what this attempt carries on as well, which the layer below knows nothing of.
        if (this.#contentCame) {
          this.#unused = event.attempt
          return this.#failBelow(event.error)
        }
        this.#joint = this.#answer?.joint()
        mode = 'continue'
      }
      this.#contentCame = false
    }
    this.#attempt = event.attempt
    this.#take().retry({ ...event, mode })
  }

  done(completion: Completion): void {
    clearTimeout(this.#budget)
    this.#settle?.resolve()
    const rest = this.#joint?.flush() ?? []
    if (rest.length === 0) return this.#take().done(completion)
    this.#completion = completion
    this.#take().batch(rest)
  }

  fail(error: StreamError): void {
    clearTimeout(this.#budget)
    this.#failed = true
    this.#settle?.reject(error)
  }

  #begin(): Promise<void> {
    const attempt = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#contentCame = false
    this.#failed = false
    this.#started = false
    this.#upstream = this.#open()
    if (this.#sink !== undefined) this.#pull()
    return attempt
  }

  /** While a wait is on there is no upstream; the attempt that follows it pulls. */
  #pull(): void {
    if (this.#upstream === undefined) this.#wait?.keepAlive()
    if (this.#failed || this.#upstream === undefined) return
    if (!this.#started) this.#start()
    this.#upstream.pull(this)
  }

  #start(): void {
    this.#started = true
    this.#openedAt = performance.now()
    // What is left of the budget ends an attempt that has brought nothing. The first attempt only costs.
    const { budgetMs } = this.#settings
    if (this.#failures === 0 || budgetMs === Infinity) return
    this.#budget = setTimeout(this.#onBudget, Math.ceil(budgetMs - this.#spentMs))
  }

  #open(): Source {
    const { request, resumption } = this.#next
    const context = { ...this.#context, attempt: this.#attempt }
    if (resumption !== undefined) context.resumption = resumption
    const source = openDriver(this.#driver, request, context)
    const { holdBackMs, holdBackChars } = this.#settings
    if (holdBackMs === 0 && holdBackChars === 0) return source
    return new HoldBackSource(source, { holdBackMs, holdBackChars })
  }

  #firstContent(): void {
    this.#contentCame = true
    clearTimeout(this.#budget)
    this.#spentMs += performance.now() - this.#openedAt
  }

  readonly #onBudget = (): void => {
    const { provider } = this.#driver
    const message = `${provider}: failed attempts and waits took longer than ${this.#settings.budgetMs} ms (retry.budgetMs).`
    this.#broke = true
    this.#failBelow(new StreamError('timeout', message, { provider, retryable: false }))
  }

  /** Ends an attempt that has not failed by itself. */
  #failBelow(error: StreamError): void {
    if (this.#upstream !== undefined) abandon(this.#upstream)
    this.fail(error)
  }

  async #decide(error: StreamError): Promise<boolean> {
    const { maxRetries, budgetMs, shouldRetry } = this.#settings
    this.#failures++
    if (!this.#contentCame) this.#spentMs += performance.now() - this.#openedAt
    if (error.code === 'aborted' || this.#broke) return false
    const next = this.#plan()
    if (next === undefined) return false
    const wanted =
      shouldRetry === undefined ? error.retryable : await shouldRetry(error, this.#attempt)
    if (!wanted || this.#closed) return false
    const delayMs = delayAfter(error, this.#settings, this.#failures)
    if (delayMs === undefined || this.#spentMs + delayMs > budgetMs) return false
    this.#spentMs += delayMs
    this.#attempt = this.#unused ?? this.#context.nextAttempt()
    this.#unused = undefined
    this.#next = next
    const { provider, model } = this.#driver
    const usage = this.usage()
    // Told with this event, so no part of the next attempt.
    this.#upstream = undefined
    this.#take().retry({
      type: 'retry',
      attempt: this.#attempt,
      maxAttempts: Math.max(this.#context.attempt + maxRetries, this.#attempt),
      delayMs,
      mode: next.mode,
      provider,
      model,
      error,
      ...(isEmpty(usage) ? {} : { usage }),
    })
    if (this.#closed) return false
    this.#wait = new Wait(delayMs)
    if (this.#sink !== undefined) this.#wait.keepAlive()
    await this.#wait.over
    return !this.#closed
  }

  /** @returns undefined if there may be no further attempt */
  #plan(): Next | undefined {
    const resumption = this.#upstream?.resumption?.()
    // The same response goes on: nothing is asked again, and the joint of an attempt that carried on stays.
    if (resumption !== undefined) return { ...this.#next, mode: 'continue', resumption }
    if (this.#contentCame && this.#settings.afterContent === 'fail') return undefined
    const request = this.#answer?.request(this.#request, this.#driver)
    if (request !== undefined) {
      this.#joint = this.#answer?.joint()
      return { mode: 'continue', request }
    }
    this.#answer?.reset()
    this.#joint = undefined
    return { mode: 'restart', request: this.#request }
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    return sink
  }
}
