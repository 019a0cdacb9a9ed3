/**
 * The attempts of one stream.
 *
 * @module
 */

import pRetry from 'p-retry'
import { openDriver } from '../../attempt/define-driver.js'
import type { Completion, Driver } from '../../base/driver.js'
import { failureOf, StreamError } from '../../base/errors.js'
import type { ContentEvent, RetryEvent } from '../../base/events.js'
import { promiseWithResolvers } from '../../base/promise-with-resolvers.js'
import type { StreamRequest } from '../../base/request.js'
import { isEmpty } from '../../base/usage.js'
import { abandon } from '../../pull/abort.js'
import { ForwardingSource } from '../../pull/forwarding-source.js'
import type { LastingResponse, OpenContext, Resumption, Source } from '../../pull/source.js'
import { RetryBudget } from './budget.js'
import { HoldBackSource } from './hold-back.js'
import type { RetrySettings } from './options.js'
import { ShownAnswer } from './shown-answer.js'
import { delayAfter, Wait } from './wait.js'

/** The start of the next attempt. */
interface Next {
  mode: RetryEvent['mode']
  request: StreamRequest
  resumption?: Resumption
  /** A response of another process, to be read from its beginning. */
  response?: LastingResponse
}

/**
 * p-retry is entered once a stream, at the first pull. It counts the attempts and calls `#decide()`
 * before each further one.
 *
 * The upstream is undefined during a wait. After a failure it stays until the `retry` event,
 * because its usage and its resumption can still be read.
 */
export class RetrySource extends ForwardingSource {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: RetrySettings
  readonly #budget: RetryBudget
  #attempt: number
  /** The number of an attempt that a layer below has announced and may not make. */
  #unused: number | undefined
  #next: Next
  #failures = 0
  #contentCame = false
  #entered = false
  /** The upstream has been pulled. */
  #started = false
  /** The upstream has failed and must not be pulled. */
  #failed = false
  #closed = false
  #budgetExceeded = false
  /** Settles the attempt that p-retry waits for. */
  #settle: PromiseWithResolvers<void> | undefined
  #wait: Wait | undefined
  /** The content that the reader has received, if `continue` may need it. */
  readonly #answer: ShownAnswer | undefined
  /** The completion, kept until the content that was buffered at the joint has been emitted. */
  #completion: Completion | undefined

  constructor(
    driver: Driver,
    request: StreamRequest,
    context: OpenContext,
    settings: RetrySettings,
  ) {
    super()
    const { shown, response, ...others } = context
    this.#driver = driver
    this.#request = request
    // Inner layers do not know what the reader has received.
    this.#context = others
    this.#settings = settings
    this.#budget = new RetryBudget(settings.budgetMs)
    this.#attempt = context.attempt
    this.#next = { mode: 'restart', request }
    const keeps = shown !== undefined || settings.afterContent === 'continue'
    this.#answer = keeps ? new ShownAnswer(shown) : undefined
    if (response !== undefined) this.#next = { mode: 'continue', request, response }
    else if (shown !== undefined) this.#carryOn()
  }

  override close(): void {
    this.#closed = true
    this.#budget.stopTimer()
    super.close()
    this.#settle?.resolve()
    this.#wait?.end()
  }

  override finished(): Completion | undefined {
    return this.#completion ?? super.finished()
  }

  /** During a wait it is the one that the next attempt would have picked up. */
  override resumption(): Resumption | undefined {
    return this.upstream === undefined ? this.#next.resumption : super.resumption()
  }

  override batch(events: readonly ContentEvent[]): void {
    if (!this.#contentCame) this.#firstContent()
    if (this.#answer === undefined) return super.batch(events)
    const content = this.#answer.add(events)
    if (content === undefined) return this.#differ()
    if (content.length > 0) super.batch(content)
    else super.next()
  }

  /** An inner layer starts another attempt. */
  override retry(event: RetryEvent): void {
    let { mode } = event
    if (mode === 'restart') {
      if (!this.#answer?.isContinued) this.#answer?.reset(event.from)
      else {
        // A restart would also discard the content that this attempt continues, which the inner
        // layer does not know.
        if (this.#contentCame) {
          this.#unused = event.attempt
          return this.#failBelow(event.error)
        }
        this.#answer.joinAgain()
        mode = 'continue'
      }
      this.#contentCame = false
    }
    this.#attempt = event.attempt
    super.retry({ ...event, mode })
  }

  override done(completion: Completion): void {
    if (this.#answer?.isRepeated) return this.#differ()
    this.#budget.stopTimer()
    this.#settle?.resolve()
    const rest = this.#answer?.flush() ?? []
    if (rest.length === 0) return super.done(completion)
    this.#completion = completion
    super.batch(rest)
  }

  override fail(error: StreamError): void {
    this.#budget.stopTimer()
    this.#failed = true
    this.#settle?.reject(error)
  }

  protected override next(): void {
    if (this.#completion !== undefined) super.done(this.#completion)
    else if (this.#entered) this.#pull()
    else this.#enter()
  }

  #enter(): void {
    this.#entered = true
    pRetry(() => this.#begin(), {
      retries: this.#settings.maxRetries,
      minTimeout: 0,
      shouldRetry: ({ error }) => this.#decide(error as StreamError),
    }).catch((error: unknown) => {
      if (!this.#closed) super.fail(StreamError.from(error))
    })
  }

  /** Continues what the reader has received from another process. */
  #carryOn(): void {
    const next = this.#continuation()
    if (next !== undefined) {
      this.#next = next
      return
    }
    // A hook may have changed the driver of the step.
    const event = this.#restart()
    this.keep((sink) => sink.retry(event))
  }

  /** The answer that the reader has received cannot be continued. */
  #restart(): RetryEvent {
    const { provider, model } = this.#driver
    const attempt = this.#attempt
    const message = `${provider}: The answer of another process cannot be continued.`
    const error = new StreamError('interrupted', message, { provider })
    const about = { attempt, maxAttempts: attempt, delayMs: 0, provider, model, error }
    return { type: 'retry', mode: 'restart', ...about }
  }

  /** The response is not the one that the reader has received: it is read again, and shown whole. */
  #differ(): void {
    this.upstream?.close()
    this.#answer?.reset()
    this.#attempt = this.#context.nextAttempt()
    this.#started = false
    this.upstream = this.#open()
    super.retry(this.#restart())
  }

  #continuation(): Next | undefined {
    const request = this.#answer?.carryOn(this.#request, this.#driver)
    return request && { mode: 'continue', request }
  }

  #begin(): Promise<void> {
    const attempt = promiseWithResolvers<void>()
    this.#settle = attempt
    this.#contentCame = false
    this.#failed = false
    this.#started = false
    this.upstream = this.#open()
    if (this.isPulled) this.#pull()
    return attempt.promise
  }

  /** During a wait there is nothing to pull; the attempt that follows it pulls. */
  #pull(): void {
    if (this.upstream === undefined) this.#wait?.keepAlive()
    if (this.#failed || this.upstream === undefined) return
    if (!this.#started) {
      this.#started = true
      // The first attempt costs time but is not limited.
      this.#budget.beginAttempt(this.#failures === 0 ? undefined : this.#onBudgetExceeded)
    }
    super.next()
  }

  #open(): Source {
    const { request, resumption, response } = this.#next
    const context = { ...this.#context, attempt: this.#attempt }
    if (resumption !== undefined) context.resumption = resumption
    if (response !== undefined) context.response = response
    // The rest of an answer is none that can be read on its own.
    if (this.#answer?.isContinued) delete context.onResponse
    const source = openDriver(this.#driver, request, context)
    const { holdBackMs, holdBackChars } = this.#settings
    if (holdBackMs === 0 && holdBackChars === 0) return source
    return new HoldBackSource(source, this.#settings)
  }

  #firstContent(): void {
    this.#contentCame = true
    this.#budget.stopTimer()
    this.#budget.countAttempt()
  }

  readonly #onBudgetExceeded = (): void => {
    const what = `failed attempts and waits took longer than ${this.#settings.budgetMs} ms (retry.budgetMs).`
    this.#budgetExceeded = true
    this.#failBelow(failureOf(this.#driver.provider, 'timeout', what, { retryable: false }))
  }

  /** Ends an attempt that has not failed by itself. */
  #failBelow(error: StreamError): void {
    if (this.upstream !== undefined) abandon(this.upstream)
    this.fail(error)
  }

  async #decide(error: StreamError): Promise<boolean> {
    const { maxRetries, shouldRetry } = this.#settings
    this.#failures++
    if (!this.#contentCame) this.#budget.countAttempt()
    if (error.code === 'aborted' || this.#budgetExceeded) return false
    const next = this.#plan()
    if (next === undefined) return false
    const wanted =
      shouldRetry === undefined ? error.retryable : await shouldRetry(error, this.#attempt)
    if (!wanted || this.#closed) return false
    const delayMs = delayAfter(error, this.#settings, this.#failures)
    if (delayMs === undefined || !this.#budget.spend(delayMs)) return false
    this.#attempt = this.#unused ?? this.#context.nextAttempt()
    this.#unused = undefined
    this.#next = next
    const { provider, model } = this.#driver
    const usage = this.usage()
    // This event reports the usage, so the next attempt must not.
    this.upstream = undefined
    super.retry({
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
    if (this.isPulled) this.#wait.keepAlive()
    await this.#wait.over
    return !this.#closed
  }

  /** @returns undefined if there may be no further attempt */
  #plan(): Next | undefined {
    const resumption = super.resumption()
    // The same response continues: no request is sent again, and the joint of an attempt that
    // continued another one stays.
    if (resumption !== undefined) return { ...this.#next, mode: 'continue', resumption }
    if (this.#contentCame && this.#settings.afterContent === 'fail') return undefined
    return this.#continuation() ?? { mode: 'restart', request: this.#request }
  }
}
