/**
 * The batch that an iterator is handing out.
 *
 * @module
 */

import { isTerminal, type StreamEvent } from '../base/events.js'

const nothing: readonly StreamEvent[] = []

/** It holds no reference to the stream or its iterator, so that a forgotten stream can be collected. */
export class Hand {
  batch: readonly StreamEvent[] = nothing
  /** How many events of the batch were handed out. */
  position = 0

  /**
   * Drops what was not handed out, apart from the terminal event.
   *
   * @returns how many events of the batch were handed out; undefined without a batch
   */
  drop(): number | undefined {
    const { batch, position } = this
    if (batch === nothing) return undefined
    const last = position < batch.length ? batch.at(-1) : undefined
    this.batch = isTerminal(last) ? [last] : nothing
    this.position = 0
    return position
  }
}
