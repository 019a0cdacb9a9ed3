/**
 * How content moves inside the library: pulled, one network chunk at a time, by callback. A promise or a generator for each
 * layer would cost more than reading the wire does; these are the public face only (`Driver.stream`, `EventStream`).
 *
 * @module
 */

import { StreamError } from '../errors.js'
import type { StreamRequest } from '../messages.js'
import type {
  Completion,
  ContentEvent,
  Driver,
  DriverContext,
  DriverYield,
  RetryEvent,
  Usage,
  UsageSum,
} from '../types.js'
import { type Clocks, openClocked } from './clocks.js'
import { readOutput } from './output.js'

/** Where the answer to a pull goes: exactly one of these is called, once for each pull. */
export interface Sink {
  /** All content that one network chunk held; never empty. */
  batch(events: readonly ContentEvent[]): void
  retry(event: RetryEvent): void
  done(completion: Completion): void
  fail(error: StreamError): void
}

/** One attempt, or several of them behind one face. Lazy: nothing is sent before the first pull. */
export interface Source {
  /** Asks for what comes next. One pull at a time, and none after `done` or `fail`. */
  pull(sink: Sink): void
  /** Frees everything at once. A pull that waits is not answered any more: whoever closes answers it. */
  close(): void
  /** The completion, if a terminal marker has been read already although the source has not said `done` yet. */
  finished(): Completion | undefined
  /** What the provider has said so far that the running attempt costs. It stays readable after `fail` and `close`. */
  usage(): UsageSum
  /**
   * After `fail` or `close`: how to pick the response up again that goes on at the provider. A source that stands for several drivers
   * has none.
   */
  resumption?(): Resumption | undefined
}

/** A response that goes on at the provider although its connection was lost. */
export interface Resumption {
  /** Gives what follows the last event that was read, in the same numbering. */
  open(context: OpenContext): Source
  /** Ends the response at the provider. Nothing waits for it. */
  cancel(): void
}

/** Closes a source for good: nothing runs on at the provider. */
export function abandon(source: Source): void {
  source.close()
  source.resumption?.()?.cancel()
}

export interface OpenContext {
  /** The number of the attempt that the source begins with, from 1. */
  attempt: number
  /** Given by the last attempt, to be picked up instead of sending the request again. */
  resumption?: Resumption
  /** Gives a further attempt its number: one more than the last, whichever layer asks. */
  nextAttempt(): number
  /** For the layer of each attempt. Absent: none run. */
  clocks?: Partial<Clocks>
  onBytes(): void
  /** Each request that is about to be sent, whichever layer sends it. */
  onAttempt(attempt: Attempt): void
}

export interface Attempt {
  /** From 1 */
  attempt: number
  provider: string
  model: string
}

type Open = (request: StreamRequest, context: OpenContext) => Source

// Not Symbol.for: a driver of another copy of this package goes through the public face, which never changes its shape.
const open = Symbol('sluice.open')

interface SourceDriver extends Driver {
  [open]: Open
}

/** A driver that asks a model itself, made of a source. */
export function defineDriver(
  provider: string,
  model: string,
  openSource: Open,
  continuation?: Driver['continuation'],
): Driver {
  const layer = { provider, model, ...(continuation === undefined ? {} : { continuation }) }
  return defineLayer(layer, (request, context) =>
    openAttempt(
      layer,
      context,
      (within) => within.resumption?.open(within) ?? openSource(request, within),
    ),
  )
}

/**
 * A driver that asks other drivers, made of a source.
 *
 * @param like - the driver that it stands for, in name and in how the model goes on with an answer
 */
export function defineLayer(
  like: Pick<Driver, 'provider' | 'model' | 'continuation'>,
  openSource: Open,
): Driver {
  const driver: SourceDriver = {
    provider: like.provider,
    model: like.model,
    ...(like.continuation === undefined
      ? {}
      : { continuation: (request: StreamRequest) => like.continuation?.(request) ?? 'request' }),
    stream: (request, context) => {
      const { attempt, signal } = context
      let last = attempt
      const nextAttempt = (): number => ++last
      const onBytes = (): void => context.onBytes()
      const inner = { attempt, nextAttempt, onBytes, onAttempt: ignore }
      return generate(openSource(request, inner), signal)
    },
    [open]: openSource,
  }
  return driver
}

function ignore(): void {}

/** The source of any driver: our own directly, a user's through its generator. */
export function openDriver(driver: Driver, request: StreamRequest, context: OpenContext): Source {
  if (open in driver) return (driver as SourceDriver)[open](request, context)
  return openAttempt(driver, context, (within) =>
    readOutput(new GeneratorSource(driver, request, within), request, driver.provider),
  )
}

function openAttempt(
  { provider, model }: { provider: string; model: string },
  context: OpenContext,
  openSource: (context: OpenContext) => Source,
): Source {
  context.onAttempt({ attempt: context.attempt, provider, model })
  return openClocked(provider, context, openSource)
}

// ---------------------------------------------------------------- source -> generator

async function* generate(
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

/** The error of a stream that its caller ended. */
export function abortError(reason: unknown): StreamError {
  return new StreamError('aborted', 'The stream was cancelled.', { cause: reason })
}

// ---------------------------------------------------------------- generator -> source

class GeneratorSource implements Source {
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
    const { value } = result
    if (Array.isArray(value)) this.#rest = split(value)
    else this.#rest = split([value as ContentEvent | RetryEvent])
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

/** A yield as answers: runs of content, and each retry event alone. */
function split(
  events: readonly (ContentEvent | RetryEvent)[],
): (readonly ContentEvent[] | RetryEvent)[] {
  const answers: (ContentEvent[] | RetryEvent)[] = []
  for (const event of events) {
    const last = answers.at(-1)
    if (event.type === 'retry') answers.push(event)
    else if (Array.isArray(last)) last.push(event)
    else answers.push([event])
  }
  return answers
}
