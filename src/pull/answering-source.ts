/**
 * The base of sources that answer their pulls themselves.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import type { ContentEvent, UsageSum } from '../base/events.js'
import type { Sink, Source } from './source.js'

/** Calls exactly one method of the sink, once. */
export type Answer = (sink: Sink) => void

/**
 * Remembers the sink that waits for an answer. Without a waiting sink, an answer is kept for the
 * next pull, so a timer may answer at any time.
 */
export abstract class AnsweringSource implements Source {
  #sink: Sink | undefined
  /** Created on demand, because most streams never keep an answer. */
  #kept: Answer[] | undefined

  /** Whether a pull has not been answered yet. */
  protected get isPulled(): boolean {
    return this.#sink !== undefined
  }

  pull(sink: Sink): void {
    const answer = this.#kept?.shift()
    if (answer !== undefined) return answer(sink)
    this.#sink = sink
    this.next()
  }

  abstract close(): void
  abstract finished(): Completion | undefined
  abstract usage(): UsageSum

  /** Called for each pull that no kept answer has satisfied. */
  protected abstract next(): void

  /** Takes the waiting sink, if any. The caller MUST answer it. */
  protected take(): Sink | undefined {
    const sink = this.#sink
    this.#sink = undefined
    return sink
  }

  /** Answers the pull that waits, or else the next one. */
  protected answer(answer: Answer): void {
    const sink = this.take()
    if (sink === undefined) this.keep(answer)
    else answer(sink)
  }

  /** `answer` for content, without a closure for each batch. */
  protected answerBatch(events: readonly ContentEvent[]): void {
    const sink = this.take()
    if (sink === undefined) this.keep((later) => later.batch(events))
    else sink.batch(events)
  }

  /** Keeps an answer for the next pull, even if a sink waits. */
  protected keep(answer: Answer): void {
    this.#kept ??= []
    this.#kept.push(answer)
  }
}
