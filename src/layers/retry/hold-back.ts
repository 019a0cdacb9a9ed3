/**
 * Keeps the first moments of an attempt back, so that an early failure is never seen.
 *
 * @module
 */

import type { Completion } from '../../base/driver.js'
import type { StreamError } from '../../base/errors.js'
import type { ContentEvent, RetryEvent, Usage, UsageSum } from '../../base/events.js'
import { estimateOutput } from '../../base/usage.js'
import type { Resumption, Sink, Source } from '../../pull/source.js'

export interface HoldBackOptions {
  /** From the first content on; 0 for no such limit. */
  holdBackMs: number
  /** 0 for no such limit. */
  holdBackChars: number
}

/** An answer of the upstream that came while nobody waited for it. */
type Answer = (sink: Sink) => void

/**
 * Pulls on its own until enough has come, and gives it as one batch. From then on it passes everything through.
 *
 * The release by time answers a pull while the upstream still owes one; that one answer is kept for the next pull.
 */
export class HoldBackSource implements Source, Sink {
  readonly #upstream: Source
  readonly #options: HoldBackOptions
  #sink: Sink | undefined
  #held: ContentEvent[] | undefined = []
  #heldLength = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #pulling = false
  #answer: Answer | undefined

  constructor(upstream: Source, options: HoldBackOptions) {
    this.#upstream = upstream
    this.#options = options
  }

  pull(sink: Sink): void {
    const answer = this.#answer
    if (answer !== undefined) {
      this.#answer = undefined
      return answer(sink)
    }
    this.#sink = sink
    if (!this.#pulling) this.#pull()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#upstream.close()
  }

  /** What was held back is lost, so going on from where the response is would leave a gap. */
  resumption(): Resumption | undefined {
    return this.#heldLength === 0 ? this.#upstream.resumption?.() : undefined
  }

  finished(): Completion | undefined {
    return this.#upstream.finished()
  }

  /** Nobody else has seen what was held, so nobody else can count it. */
  usage(): UsageSum {
    const said: Usage = this.#upstream.usage()
    return this.#heldLength === 0 ? said : estimateOutput(said, this.#heldLength)
  }

  batch(events: readonly ContentEvent[]): void {
    this.#pulling = false
    const held = this.#held
    if (held === undefined) return this.#pass(events)
    held.push(...events)
    for (const event of events) this.#heldLength += lengthOf(event)
    const { holdBackChars, holdBackMs } = this.#options
    if (holdBackChars > 0 && this.#heldLength >= holdBackChars) return this.#release()
    if (holdBackMs > 0 && holdBackMs !== Infinity) {
      this.#timer ??= setTimeout(() => this.#release(), holdBackMs)
    }
    this.#pull()
  }

  /** Another attempt of a layer below: what is held is void for nobody has seen it. */
  retry(event: RetryEvent): void {
    this.#pulling = false
    let lost = 0
    if (event.mode === 'restart') {
      lost = this.#heldLength
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#held = []
      this.#heldLength = 0
    }
    const usage = lost === 0 ? {} : { usage: estimateOutput(event.usage ?? {}, lost) }
    this.#give((sink) => sink.retry({ ...event, ...usage }))
  }

  done(completion: Completion): void {
    this.#pulling = false
    const finish: Answer = (sink) => sink.done(completion)
    if (!this.#held?.length) return this.#give(finish)
    this.#answer = finish
    this.#release()
  }

  fail(error: StreamError): void {
    this.#pulling = false
    clearTimeout(this.#timer)
    this.#held = undefined
    this.#give((sink) => sink.fail(error))
  }

  /** The path of every batch after the first moments. */
  #pass(events: readonly ContentEvent[]): void {
    const sink = this.#sink
    if (sink === undefined) {
      this.#answer = (later) => later.batch(events)
      return
    }
    this.#sink = undefined
    sink.batch(events)
  }

  #pull(): void {
    this.#pulling = true
    this.#upstream.pull(this)
  }

  #release(): void {
    clearTimeout(this.#timer)
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#heldLength = 0
    this.#give((sink) => sink.batch(held))
  }

  #give(answer: Answer): void {
    const sink = this.#sink
    this.#sink = undefined
    if (sink === undefined) this.#answer = answer
    else answer(sink)
  }
}

function lengthOf(event: ContentEvent): number {
  if (event.kind === 'text' || event.kind === 'reasoning') return event.text.length
  return event.kind === 'tool-call' ? event.input.length : 0
}
