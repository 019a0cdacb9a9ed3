/**
 * The source of a driver that is a generator.
 *
 * @module
 */

import type { Completion, Driver, DriverContext, DriverYield } from '../base/driver.js'
import { failureOf, type StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, Usage } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import { driverError } from '../http/request-error.js'
import { abortError } from '../pull/abort.js'
import type { OpenContext, Sink, Source } from '../pull/source.js'
import { checkYielded, splitYielded } from './driver-yield.js'

/** One attempt of a driver that is a generator. */
export class GeneratorSource implements Source {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: DriverContext
  readonly #nextAttempt: () => number
  readonly #controller = new AbortController()
  #iterator: AsyncGenerator<DriverYield, Completion, void> | undefined
  #sink: Sink | undefined
  /** The rest of a yield that held more than one answer. */
  #rest: (readonly ContentEvent[] | RetryEvent)[] = []
  #closed = false

  constructor(driver: Driver, request: StreamRequest, context: OpenContext) {
    this.#driver = driver
    this.#request = request
    this.#nextAttempt = context.nextAttempt
    this.#context = {
      signal: this.#controller.signal,
      attempt: context.attempt,
      onBytes: () => context.onBytes(),
    }
  }

  pull(sink: Sink): void {
    this.#sink = sink
    if (this.#deliver()) return
    try {
      this.#iterator ??= this.#driver.stream(this.#request, this.#context)
      this.#iterator.next().then(this.#onResult, this.#onError)
    } catch (error) {
      this.#onError(error)
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    // The signal first: `return()` alone would wait behind a pending `next()`.
    this.#controller.abort(abortError(undefined))
    this.#iterator?.return(undefined as never).catch(() => {})
  }

  finished(): undefined {
    return undefined
  }

  usage(): Usage {
    return {}
  }

  readonly #onResult = (result: IteratorResult<DriverYield, Completion>): void => {
    if (this.#closed || this.#sink === undefined) return
    if (result.done) return this.#finish(result.value)
    try {
      this.#rest = splitYielded(checkYielded(result.value, this.#driver.provider))
    } catch (error) {
      this.close()
      return this.#take().fail(error as StreamError)
    }
    if (!this.#deliver()) this.pull(this.#sink)
  }

  readonly #onError = (error: unknown): void => {
    if (this.#closed) return
    this.#closed = true
    this.#take().fail(driverError(error, this.#driver.provider))
  }

  #finish(completion: Completion | undefined): void {
    this.#closed = true
    if (completion?.finishReason !== undefined) return this.#take().done(completion)
    const what =
      'the driver returned no completion. Return { finishReason, usage } once the answer is whole.'
    this.#take().fail(failureOf(this.#driver.provider, 'protocol', what))
  }

  #deliver(): boolean {
    const next = this.#rest.shift()
    if (next === undefined) return false
    if ('type' in next) this.#take().retry(this.#numbered(next))
    else this.#take().batch(next)
    return true
  }

  /** The driver counts its own attempts only, and others may run at the same time. */
  #numbered(event: RetryEvent): RetryEvent {
    const attempt = this.#nextAttempt()
    return { ...event, attempt, maxAttempts: Math.max(event.maxAttempts, attempt) }
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    return sink
  }
}
