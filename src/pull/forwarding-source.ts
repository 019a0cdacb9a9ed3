/**
 * The base of layers: a source that reads another source and changes some of what passes.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import { AnsweringSource } from './answering-source.js'
import type { AttemptDetails, Resumption, Sink, Source, TurnRest } from './source.js'

/** Forwards every call in both directions. A subclass overrides only what it changes. */
export abstract class ForwardingSource extends AnsweringSource implements Sink {
  /** Undefined until the subclass has opened it, which it does at the latest in `next()`. */
  protected upstream: Source | undefined

  constructor(upstream?: Source) {
    super()
    this.upstream = upstream
  }

  close(): void {
    this.stopTimers()
    this.upstream?.close()
  }

  finished(): Completion | undefined {
    return this.upstream?.finished()
  }

  usage(): UsageSum {
    return this.upstream?.usage() ?? {}
  }

  details(): AttemptDetails {
    return this.upstream?.details?.() ?? {}
  }

  rest(): TurnRest | undefined {
    return this.upstream?.rest?.()
  }

  resumption(): Resumption | undefined {
    return this.upstream?.resumption?.()
  }

  batch(events: readonly ContentEvent[]): void {
    this.answerBatch(events)
  }

  retry(event: RetryEvent): void {
    this.answer((sink) => sink.retry(event))
  }

  done(completion: Completion): void {
    this.stopTimers()
    this.answer((sink) => sink.done(completion))
  }

  fail(error: StreamError): void {
    this.stopTimers()
    this.answer((sink) => sink.fail(error))
  }

  /** Called when the source ends for any reason: before `done`, `fail` and `close`. */
  protected stopTimers(): void {}

  protected next(): void {
    this.upstream?.pull(this)
  }
}
