/**
 * The content of the step that runs, and the place of its blocks in the answer.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { ContentEvent, RetryEvent } from '../base/events.js'

export class StepContent {
  /** The content of this step. Its blocks count from `from`. */
  answer: Accumulator = new Accumulator()
  /** The first block of the answer that is not whole. */
  from: number
  /** The number of blocks so far. */
  blocks: number
  /** The blocks of the calls of this step, in their order. */
  readonly callBlocks: Set<number> = new Set()
  /** The number of requests of this step. */
  attempts = 0
  /** What this step had received before its last attempt, in characters. */
  #lengthBefore = 0

  /** @param blocks - the number of blocks of the whole steps */
  constructor(blocks: number) {
    this.blocks = this.from = blocks
  }

  /** The number of characters of the attempt that runs. */
  get length(): number {
    return this.answer.length - this.#lengthBefore
  }

  /**
   * A step begins.
   *
   * @param shown - its content that readers have received from another process
   */
  begin(shown: readonly ContentEvent[] = []): void {
    this.answer = new Accumulator()
    this.from = this.blocks
    this.callBlocks.clear()
    for (const event of shown) this.#add(event)
    this.attempts = 0
    this.#lengthBefore = this.answer.length
  }

  /** All blocks so far are whole. */
  settle(): void {
    this.from = this.blocks
  }

  /** @returns the events with their places in the answer */
  add(events: readonly ContentEvent[]): readonly ContentEvent[] {
    const { from } = this
    for (const event of events) this.#add(event)
    if (from === 0) return events
    return events.map((event) => ({ ...event, index: from + event.index }))
  }

  /** @returns the first block of the answer that is discarded; undefined for none */
  retry(event: RetryEvent): number | undefined {
    this.answer.add(event)
    this.#lengthBefore = this.answer.length
    if (event.mode === 'continue') return undefined
    const from = this.from + (event.from ?? 0)
    this.blocks = Math.min(this.blocks, from)
    for (const index of this.callBlocks) if (index >= from) this.callBlocks.delete(index)
    return from
  }

  #add(event: ContentEvent): void {
    this.answer.add(event)
    const index = this.from + event.index
    if (index >= this.blocks) this.blocks = index + 1
    if (event.kind === 'tool-call') this.callBlocks.add(index)
  }
}
