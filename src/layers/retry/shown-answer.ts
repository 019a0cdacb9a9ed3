/**
 * The content that the reader has received, and the way in which an attempt joins it.
 *
 * @module
 */

import type { Driver } from '../../base/driver.js'
import type { ContentEvent } from '../../base/events.js'
import type { StreamRequest } from '../../base/request.js'
import type { Repeated, ShownContent } from '../../pull/source.js'
import { type Joint, PartialAnswer } from './continuation.js'

export class ShownAnswer {
  readonly #content = new PartialAnswer()
  #joint: Joint | undefined
  /** What the attempt, a response that is read again, has not repeated yet. */
  #repetition: Repeated | undefined

  /** @param shown - by another process */
  constructor(shown: ShownContent | undefined) {
    this.#content.add(shown?.blocks ?? [])
    this.#repetition = shown?.repetition
  }

  /** Whether the attempt continues another one, so that its content alone is no answer. */
  get isContinued(): boolean {
    return this.#joint !== undefined
  }

  /** Whether the attempt still has to repeat something. */
  get isRepeated(): boolean {
    return this.#repetition !== undefined
  }

  /**
   * The next attempt continues the answer.
   *
   * @returns its request; undefined if it has to restart
   */
  carryOn(request: StreamRequest, driver: Driver): StreamRequest | undefined {
    this.#repetition = undefined
    const next = this.#content.request(request, driver)
    if (next !== undefined) this.#joint = this.#content.joint()
    else this.reset()
    return next
  }

  /** An inner layer restarts an attempt that continues another one. */
  joinAgain(): void {
    this.#joint = this.#content.joint()
  }

  /** The answer restarts from this block on. */
  reset(from: number = 0): void {
    this.#repetition = undefined
    this.#joint = undefined
    this.#content.reset(from)
  }

  /** @returns what is new; undefined if the attempt is another answer than the one it repeats */
  add(events: readonly ContentEvent[]): readonly ContentEvent[] | undefined {
    const content = this.#join(events)
    if (content !== undefined) this.#content.add(content)
    return content
  }

  /** Text that was buffered because it might have been a repetition. */
  flush(): readonly ContentEvent[] {
    return this.#joint?.flush() ?? []
  }

  #join(events: readonly ContentEvent[]): readonly ContentEvent[] | undefined {
    if (this.#repetition === undefined) return this.#joint?.join(events) ?? events
    const content = this.#repetition.join(events)
    if (this.#repetition.isOver) this.#repetition = undefined
    return content
  }
}
