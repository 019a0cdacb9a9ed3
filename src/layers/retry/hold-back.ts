/**
 * Buffers the beginning of an attempt, so that the reader never sees an early failure.
 *
 * @module
 */

import type { Completion } from '../../base/driver.js'
import type { StreamError } from '../../base/errors.js'
import { type ContentEvent, type RetryEvent, textOf, type UsageSum } from '../../base/events.js'
import { estimateOutput } from '../../base/usage.js'
import { ForwardingSource } from '../../pull/forwarding-source.js'
import type { Resumption, Source } from '../../pull/source.js'

export interface HoldBackOptions {
  /** Milliseconds from the first content; 0 for no such limit. */
  holdBackMs: number
  /** 0 for no such limit. */
  holdBackChars: number
}

/**
 * Pulls on its own until it has buffered enough, and releases the buffer as one batch. After that
 * it forwards everything.
 *
 * The release by time answers a pull while the upstream still owes an answer; that one is kept for
 * the next pull.
 */
export class HoldBackSource extends ForwardingSource {
  readonly #options: HoldBackOptions
  #held: ContentEvent[] | undefined = []
  #heldLength = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether the upstream owes an answer. */
  #pulling = false

  constructor(upstream: Source, options: HoldBackOptions) {
    super(upstream)
    this.#options = options
  }

  /** Buffered content is lost, so a resumed response would have a gap. */
  override resumption(): Resumption | undefined {
    return this.#heldLength === 0 ? super.resumption() : undefined
  }

  /** Includes the buffered content, which no other layer has received. */
  override usage(): UsageSum {
    const reported = super.usage()
    return this.#heldLength === 0 ? reported : estimateOutput(reported, this.#heldLength)
  }

  override batch(events: readonly ContentEvent[]): void {
    this.#pulling = false
    const held = this.#held
    if (held === undefined) return super.batch(events)
    held.push(...events)
    this.#heldLength += lengthOf(events)
    const { holdBackChars, holdBackMs } = this.#options
    if (holdBackChars > 0 && this.#heldLength >= holdBackChars) return this.#release()
    if (holdBackMs > 0 && holdBackMs !== Infinity) {
      this.#timer ??= setTimeout(() => this.#release(), holdBackMs)
    }
    this.next()
  }

  /**
   * Another attempt of an inner layer. Buffered content that it discards was never emitted.
   */
  override retry(event: RetryEvent): void {
    this.#pulling = false
    let lost = 0
    if (event.mode === 'restart') {
      const { from = 0 } = event
      lost = this.#heldLength
      this.#held = (this.#held ?? []).filter(({ index }) => index < from)
      this.#heldLength = lengthOf(this.#held)
      lost -= this.#heldLength
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    const usage = lost === 0 ? {} : { usage: estimateOutput(event.usage ?? {}, lost) }
    super.retry({ ...event, ...usage })
  }

  override done(completion: Completion): void {
    this.#pulling = false
    if (!this.#held?.length) return super.done(completion)
    this.keep((sink) => sink.done(completion))
    this.#release()
  }

  override fail(error: StreamError): void {
    this.#pulling = false
    this.#held = undefined
    super.fail(error)
  }

  protected override stopTimers(): void {
    clearTimeout(this.#timer)
  }

  protected override next(): void {
    if (this.#pulling) return
    this.#pulling = true
    super.next()
  }

  #release(): void {
    clearTimeout(this.#timer)
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#heldLength = 0
    super.batch(held)
  }
}

function lengthOf(events: readonly ContentEvent[]): number {
  let length = 0
  for (const event of events) length += textOf(event)?.length ?? 0
  return length
}
