/**
 * The body of a simulated answer: it paces the events, and it is where streams break.
 *
 * @module
 */

import type { Fault } from './fault.js'
import { terminated } from './fetch-error.js'
import type { WireEvent } from './simulated-wire.js'

/** How a request came to its end. */
export type Closing = 'finished' | 'aborted'

export interface BodyOptions {
  events: Iterator<WireEvent, void, void>
  /** Between two tokens, in milliseconds. 0 sets no timers at all. */
  paceMs: number
  fault: Fault | undefined
  /** The event of an `error` fault, after so many others. */
  errorEvent(sent: number): WireEvent
  /** The client has left. */
  signal: AbortSignal | undefined
  onEvent(): void
  onClose(closing: Closing): void
}

type LateFault = Extract<Fault, { afterEvents: number }>['kind']

/** A body that makes each event only when it is asked for. */
export function streamBody(options: BodyOptions): ReadableStream<Uint8Array> {
  return new ReadableStream(new BodySource(options), { highWaterMark: 0 })
}

class BodySource implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: BodyOptions
  readonly #encoder = new TextEncoder()
  #sent = 0
  #tokens = 0
  #closed = false
  #next: IteratorResult<WireEvent, void> | undefined
  /** Bytes that do not make a chunk yet. */
  #rest: Uint8Array = new Uint8Array(0)
  #timer: ReturnType<typeof setTimeout> | undefined
  #onAbort = (): void => {}

  constructor(options: BodyOptions) {
    this.#options = options
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { signal } = this.#options
    this.#onAbort = () => {
      this.#close('aborted')
      controller.error(signal?.reason)
    }
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { events, paceMs } = this.#options
    // A pull that returns without a chunk would not be repeated.
    for (;;) {
      const failure = this.#failure()
      if (failure) return this.#fail(controller, failure)
      this.#next ??= events.next()
      if (this.#next.done) return this.#finish(controller)
      const { value } = this.#next
      if (value.token && this.#tokens++ > 0 && paceMs > 0) await this.#pause(paceMs)
      if (this.#closed) return
      const chunked = this.#send(controller, value)
      this.#next = events.next()
      // The end goes out with the last event: clients leave when they have read that one, and it is not an abort.
      if (this.#next.done && !this.#failure()) return this.#finish(controller)
      if (chunked) return
    }
  }

  cancel(): void {
    this.#close('aborted')
  }

  /** Whether a chunk went out. */
  #send(controller: ReadableStreamDefaultController<Uint8Array>, event: WireEvent): boolean {
    this.#sent += 1
    this.#options.onEvent()
    const { data } = event
    let bytes = typeof data === 'string' ? this.#encoder.encode(data) : data
    const { fault } = this.#options
    if (fault?.kind !== 'split') {
      controller.enqueue(bytes)
      return true
    }
    bytes = join(this.#rest, bytes)
    const size = fault.chunkBytes
    let start = 0
    for (; start + size <= bytes.length; start += size) {
      controller.enqueue(bytes.slice(start, start + size))
    }
    this.#rest = bytes.slice(start)
    return start > 0
  }

  /** What goes wrong now, after the events that went before it. */
  #failure(): LateFault | undefined {
    const { fault } = this.#options
    if (fault === undefined || !('afterEvents' in fault)) return undefined
    return fault.afterEvents <= this.#sent ? fault.kind : undefined
  }

  #fail(
    controller: ReadableStreamDefaultController<Uint8Array>,
    kind: LateFault,
  ): Promise<void> | undefined {
    // The signal, or `cancel()`, ends the stream; this pull is never answered.
    if (kind === 'stall') return new Promise(() => {})
    if (kind === 'error') this.#send(controller, this.#options.errorEvent(this.#sent))
    this.#close('finished')
    if (kind === 'cut') controller.error(terminated())
    else controller.close()
    return undefined
  }

  #finish(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#rest.length > 0) controller.enqueue(this.#rest)
    this.#close('finished')
    controller.close()
  }

  #close(closing: Closing): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#options.onClose(closing)
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, delayMs)
    })
  }
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}
