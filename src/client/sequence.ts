/**
 * Where in a stream a reader is that comes back to it.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import { serverError } from './server-error.js'

/** Lets each event through once and in order, by the ids that `sse()` gives: whole numbers, one after the other. */
export class Sequence {
  /** The id of the last event that was told, 0 before the first. Undefined once an event had none: then nobody can come back. */
  last: number | undefined
  /** What cannot be mended by coming back. */
  broken: StreamError | undefined
  /** The error of a server that has lost what keeps the stream. The stream may be fine, so coming back is what can be done. */
  lost: StreamError | undefined
  #begun: boolean
  #streamId: string | undefined

  /** @param after - the id of the last event that was told elsewhere; 0 for a stream from its beginning */
  constructor(after: number) {
    this.last = after
    this.#begun = after > 0
  }

  /** The id of the stream, as its `start` gave it. */
  get streamId(): string | undefined {
    return this.#streamId
  }

  /**
   * @returns false for an event that was told already
   * @throws StreamError `interrupted` where events are missing, or another stream has begun; and its own for an `error` that
   * has no id in a stream that has: it is no part of what is kept
   */
  accept(event: StreamEvent, id: string | undefined): boolean {
    if (event.type === 'start') this.#checkStream(event.id)
    const { last } = this
    const number = id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined
    if (number === undefined || last === undefined) {
      if (event.type === 'error' && last !== undefined && last > 0) {
        this.lost = event.error
        throw event.error
      }
      this.last = undefined
    } else {
      if (this.#begun && number <= last) return false
      if (number > last + 1 && (this.#begun || event.type !== 'start')) this.#miss(last, number)
      this.last = number
    }
    this.#begun = true
    return true
  }

  #checkStream(streamId: string): void {
    if (!this.#begun) this.#streamId = streamId
    else if (streamId !== this.#streamId) {
      this.#break(
        'The server began another answer instead of going on with the one that broke off.',
      )
    }
  }

  #miss(last: number, next: number): void {
    const missing =
      next === last + 2 ? `Event ${last + 1} is` : `Events ${last + 1} to ${next - 1} are`
    this.#break(`${missing} missing: event ${next} came after event ${last}.`)
  }

  #break(message: string): void {
    this.broken = serverError('interrupted', message)
    throw this.broken
  }
}
