/**
 * Tracks the position of a reader that reconnects to a stream.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import { serverError } from './server-error.js'

/**
 * Lets each event through once and in order, by the ids that `sse()` assigns: consecutive integers.
 */
export class Sequence {
  /**
   * The id of the last event that was delivered, 0 before the first. Undefined once an event had no
   * id: then the stream cannot be resumed.
   */
  last: number | undefined
  /** An error that reconnecting cannot fix. */
  broken: StreamError | undefined
  /**
   * The error of a server that has lost access to the stored stream. The stream may be intact, so
   * reconnecting can help.
   */
  lost: StreamError | undefined
  #begun: boolean
  #streamId: string | undefined

  /**
   * @param after - the id of the last event that was received elsewhere; 0 for a stream from its
   * beginning
   */
  constructor(after: number) {
    this.last = after
    this.#begun = after > 0
  }

  /** The id of the stream, from its `start` event. */
  get streamId(): string | undefined {
    return this.#streamId
  }

  /**
   * @returns false for an event that was delivered already
   * @throws StreamError `interrupted` if events are missing or the server started another stream
   * @throws StreamError the error of an `error` event that has no id although the events before it
   * had one: it is not part of the stored stream
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
      this.#break('The server started another answer instead of resuming the interrupted one.')
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
