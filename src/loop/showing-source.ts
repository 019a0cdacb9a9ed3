/**
 * The base of a source that shows results of tools while nobody pulls.
 *
 * @module
 */

import type { ToolCallContent, ToolResultContent } from '../base/content-kinds.js'
import type { ContentEvent } from '../base/events.js'
import { AnsweringSource } from '../pull/answering-source.js'

export abstract class ShowingSource extends AnsweringSource {
  /** Results and seals that wait for the reader, by the index of their block. */
  readonly #shown = new Map<number, ToolResultContent | ToolCallContent>()

  /** What the reader has not received, without preliminary results. */
  protected get unread(): ContentEvent[] {
    return [...this.#shown.values()].filter(
      (event) => event.kind === 'tool-call' || !event.preliminary,
    )
  }

  /** Shows an event. A later one of its block may take its place before it is read. */
  protected put(event: ToolResultContent | ToolCallContent): void {
    this.#shown.set(event.index, event)
  }

  /** Shows what waits, if the reader does. */
  protected show(): boolean {
    if (this.#shown.size === 0 || !this.isPulled) return false
    this.answerBatch(this.#takeShown())
    return true
  }

  /** Keeps what waits before whatever is answered next. */
  protected keepShown(): void {
    if (this.show() || this.#shown.size === 0) return
    this.keep((sink) => sink.batch(this.#takeShown()))
  }

  #takeShown(): ContentEvent[] {
    const events = [...this.#shown.values()]
    this.#shown.clear()
    return events
  }
}
