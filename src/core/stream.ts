/**
 * The five events: how they are told to whoever iterates, and the promises and the cancellation beside them.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { Completion } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { EventStream } from '../base/event-stream.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  RetryEvent,
  StreamEvent,
  UsageSum,
} from '../base/events.js'
import { addUsage, estimateUsage, isEmpty } from '../base/usage.js'
import { abortError } from '../pull/abort.js'
import { BatchIterator } from './event-iterator.js'
import type { EventSink, EventSource } from './event-source.js'
import type { BatchReader, Receive } from './iterable-reader.js'
import { startOf } from './start-event.js'
import type { StreamSettings } from './stream-settings.js'

const consumed =
  'This stream is being read already, and it can be read once. Use text() or final() beside an iteration, or create another stream.'

export class Stream implements EventStream, EventSink, BatchReader {
  readonly #settings: StreamSettings
  readonly #accumulator = new Accumulator()
  #source: EventSource | undefined
  #receive: Receive | undefined
  #claimed = false
  #begun = false
  #terminal: CompleteEvent | ErrorEvent | undefined
  #terminalTold = false
  #anythingTold = false
  #ending: Promise<void> | undefined
  #attempts = 1
  /** What the attempts before this one cost. */
  #wasted: UsageSum = {}
  /** How much content had come when this attempt began, in characters. */
  #lengthBefore = 0
  #beganAt = 0
  #firstContentMs: number | null = null
  #final: PromiseWithResolvers<CompleteEvent> | undefined

  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#terminal = settings.tail?.ended
    this.#terminalTold = this.#terminal !== undefined
    if (typeof settings.source !== 'function') this.#source = settings.source
  }

  // -------------------------------------------------------------- for the reader

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent> {
    this.claim()
    return new BatchIterator(this)
  }

  text(): Promise<string> {
    const text = this.final().then((complete) => complete.text)
    text.catch(() => {})
    return text
  }

  final(): Promise<CompleteEvent> {
    if (this.#final !== undefined) return this.#final.promise
    const final = Promise.withResolvers<CompleteEvent>()
    this.#final = final
    // The error is told by the iteration too, so whoever asked early and looks late has not missed anything.
    final.promise.catch(() => {})
    // Whoever has made an iterator may never pull, and waits here all the same.
    this.#listen()
    if (this.#terminal !== undefined) this.#settle(this.#terminal)
    else queueMicrotask(() => this.#drain())
    return final.promise
  }

  cancel(reason?: unknown): void {
    // Every response closes, and an error that nobody gets takes 5 us to make.
    if (!this.#isOver()) this.stop(abortError(reason))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    await this.#ending
  }

  /** Ends the stream with this error and closes the connection to the provider. Harmless after the end. */
  stop(error: StreamError): void {
    if (this.#isOver()) return
    this.#source?.close()
    this.fail(error)
  }

  /** Settles once all is done that has to be done before the end is told; undefined if that is nothing. */
  get ending(): Promise<void> | undefined {
    return this.#ending
  }

  /** Changes whenever content comes. */
  get length(): number {
    return this.#accumulator.length
  }

  /** Whether the reader has asked for what comes next and has not got it yet. */
  get waiting(): boolean {
    return this.#receive !== undefined
  }

  /** Makes the caller the one reader. */
  claim(): void {
    if (this.#claimed) throw new TypeError(consumed)
    this.#claimed = true
  }

  read(receive: Receive): void {
    const first = !this.#begun
    // Before anybody listens: a signal that is aborted already ends the stream here, and `start` still comes first.
    if (first) this.#begin()
    this.#receive = receive
    const { asked } = this.#settings
    if (first && asked !== undefined) this.#tell([asked.start])
    else if (this.#terminal !== undefined) this.#tellTerminal(this.#terminal)
    else if (this.#ending === undefined) {
      this.#source ??= this.#open(this.#settings.source)
      this.#source.pull(this)
    }
  }

  // -------------------------------------------------------------- for the source

  batch(events: readonly ContentEvent[]): void {
    if (this.#firstContentMs === null) this.#firstContentMs = performance.now() - this.#beganAt
    for (const event of events) this.#accumulator.add(event)
    this.#tell(events)
  }

  retry(event: RetryEvent): void {
    this.#retried(event)
    this.#tell([event])
  }

  done(completion: Completion): void {
    const { start } = this.#settings.asked ?? {}
    const { provider = start?.provider ?? '', model = start?.model ?? '' } = completion
    const { wasted: thrownAway = {}, ...rest } = completion
    const wasted = addUsage(this.#wasted, thrownAway)
    const message = this.#accumulator.message(completion.finishReason === 'length')
    this.#finish({
      type: 'complete',
      text: this.#accumulator.text(),
      message,
      ...rest,
      ...(isEmpty(wasted) ? {} : { wasted }),
      provider,
      model,
      attempts: this.#attempts,
      timing: this.#timing(),
    })
  }

  fail(error: StreamError): void {
    const partial = this.#accumulator.message(true)
    const usage = addUsage(this.#wasted, this.#costOfAttempt(this.#source?.usage() ?? {}))
    // A response may go on at the provider without a connection, and nobody will pick it up any more.
    this.#source?.resumption?.()?.cancel()
    const known = isEmpty(usage) ? {} : { usage }
    this.#finish({ type: 'error', error, partial, attempts: this.#attempts, ...known })
  }

  events(batch: readonly StreamEvent[], firstId?: number): void {
    for (const event of batch) {
      if (event.type === 'retry') this.#retried(event)
      else this.#accumulator.add(event)
    }
    const last = batch.at(-1)
    if (last?.type === 'complete' || last?.type === 'error') {
      this.#terminalTold = true
      this.#end(last)
    }
    this.#tell(batch, firstId)
  }

  // -------------------------------------------------------------- inside

  /** How it ends is known. */
  #isOver(): boolean {
    return this.#terminal !== undefined || this.#ending !== undefined
  }

  #begin(): void {
    this.#begun = true
    this.#beganAt = performance.now()
    this.#listen()
  }

  /** A second time it does nothing: a listener is added once. */
  #listen(): void {
    if (this.#isOver()) return
    const { signal } = this.#settings
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  /** Not before the first pull: a reader who takes the `start` and pauses has not asked yet. */
  #open(source: StreamSettings['source']): EventSource {
    if (typeof source !== 'function') return source
    let last = 1
    return source({
      attempt: 1,
      nextAttempt: () => ++last, // A number that is not used is no attempt.
      isAwaited: () => this.waiting,
      onBytes() {},
      onAttempt: (attempt) => {
        this.#attempts = Math.max(this.#attempts, attempt.attempt)
        this.#settings.observer?.attempt(attempt)
      },
    })
  }

  readonly #onAbort = (): void => this.cancel(this.#settings.signal?.reason)

  #retried(event: RetryEvent): void {
    this.#attempts = Math.max(this.#attempts, event.attempt)
    this.#wasted = addUsage(this.#wasted, this.#costOfAttempt(event.usage ?? {}))
    this.#lengthBefore = this.#accumulator.length
    this.#accumulator.add(event)
    this.#settings.observer?.retry(event)
  }

  #costOfAttempt(said: UsageSum): UsageSum {
    const { asked } = this.#settings
    if (asked === undefined) return said
    return estimateUsage(said, asked.request, this.#accumulator.length - this.#lengthBefore)
  }

  #finish(terminal: CompleteEvent | ErrorEvent): void {
    const { beforeEnd } = this.#settings
    if (beforeEnd === undefined || this.#source === undefined) return this.#end(terminal)
    this.#source = undefined
    this.#ending = beforeEnd(terminal).then((told) => this.#end(told))
  }

  #end(terminal: CompleteEvent | ErrorEvent): void {
    this.#terminal = terminal
    this.#source = undefined
    const { observer, signal } = this.#settings
    signal?.removeEventListener('abort', this.#onAbort)
    observer?.end(terminal, this.#timing())
    this.#settle(terminal)
    if (!this.#terminalTold && this.#receive !== undefined) this.#tellTerminal(terminal)
  }

  #timing(): CompleteEvent['timing'] {
    const durationMs = this.#begun ? performance.now() - this.#beganAt : 0
    return { firstContentMs: this.#firstContentMs, durationMs }
  }

  #settle(terminal: CompleteEvent | ErrorEvent): void {
    if (terminal.type === 'complete') this.#final?.resolve(terminal)
    else this.#final?.reject(terminal.error)
  }

  #tellTerminal(terminal: CompleteEvent | ErrorEvent): void {
    if (this.#terminalTold) return this.#tell(null)
    this.#terminalTold = true
    const { tail } = this.#settings
    // What is not kept must not look as if it were: whoever comes back would miss what is.
    const id = tail === undefined ? undefined : null
    // A stream that is read back can fail before its own start has come, and every stream begins with one.
    const begun = this.#anythingTold || (tail !== undefined && tail.after > 0)
    if (begun) this.#tell([terminal], id)
    else this.#tell([startOf({ provider: 'unknown', model: 'unknown' }), terminal], id)
  }

  #tell(batch: readonly StreamEvent[] | null, firstId?: number | null): void {
    const receive = this.#receive
    this.#receive = undefined
    this.#anythingTold = true
    receive?.(batch, firstId)
  }

  #drain(): void {
    if (this.#claimed) return
    this.#claimed = true
    const next: Receive = (batch) => {
      if (batch !== null) this.read(next)
    }
    this.read(next)
  }
}
