/**
 * Sources as generators and generators as sources: the public face of a driver is a generator.
 *
 * @module
 */

import type { Completion, Driver, DriverContext, DriverYield } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, Usage } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import { abandon, abortError } from './abort.js'
import { checkYielded, splitYielded } from './driver-yield.js'
import type { OpenContext, Sink, Source } from './source.js'

/** What a source gives, as a generator that ends with the signal. */
export async function* generate(
  source: Source,
  signal: AbortSignal,
): AsyncGenerator<DriverYield, Completion, void> {
  let stop = (_error: StreamError): void => {}
  const onAbort = (): void => {
    source.close()
    stop(abortError(signal.reason))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      if (signal.aborted) throw abortError(signal.reason)
      const answer = await new Promise<DriverYield | { completion: Completion }>(
        (resolve, reject) => {
          stop = reject
          source.pull({
            batch: resolve,
            retry: resolve,
            done: (completion) => resolve({ completion }),
            fail: reject,
          })
        },
      )
      if ('completion' in answer) return answer.completion
      yield answer
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    abandon(source)
  }
}

/** What a generator gives, as a source. */
export class GeneratorSource implements Source {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: DriverContext
  readonly #nextAttempt: () => number
  readonly #controller = new AbortController()
  #iterator: AsyncGenerator<DriverYield, Completion, void> | undefined
  #sink: Sink | undefined
  /** What is left of a yield that held more than one answer. */
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
    // First the signal: `return()` alone would wait behind a pending `next()`.
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
    this.#take().fail(StreamError.from(error))
  }

  #finish(completion: Completion | undefined): void {
    this.#closed = true
    if (completion?.finishReason !== undefined) return this.#take().done(completion)
    const message = `The driver "${this.#driver.provider}" returned without a completion: return { finishReason, usage } once the provider has said that the answer is whole.`
    this.#take().fail(new StreamError('protocol', message, { provider: this.#driver.provider }))
  }

  #deliver(): boolean {
    const next = this.#rest.shift()
    if (next === undefined) return false
    if ('type' in next) this.#take().retry(this.#numbered(next))
    else this.#take().batch(next)
    return true
  }

  /** The driver counts its own attempts alone, and others may run beside it. */
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
