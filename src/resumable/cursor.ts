/**
 * Delivers a stream to one follower: first the events in the log, then new ones.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { EventOrigin, EventSink } from '../core/event-feed.js'
import type { LogPage, StreamLog } from './log.js'
import { checkPage, readEvent } from './log-events.js'
import { persist } from './log-outage.js'
import type { Tail } from './tail.js'

export interface CursorSettings {
  log: StreamLog
  id: string
  /** The number of the last event that the follower has received. */
  after: number
  /** The first page of events after it. */
  page: LogPage
  patienceMs: number
  /** Called once the follower has caught up. */
  openTail(last: number): Tail
}

/**
 * Buffers nothing for a slow follower: new events are read on demand, from the memory of the tail
 * or from the log.
 */
export class Cursor implements EventOrigin {
  readonly #settings: CursorSettings
  #after: number
  #page: LogPage
  #tail: Tail | undefined
  #sink: EventSink | undefined
  #isOver = false

  constructor(settings: CursorSettings) {
    this.#settings = settings
    this.#after = settings.after
    this.#page = settings.page
  }

  pull(sink: EventSink): void {
    this.#sink = sink
    this.#step()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#tail?.leave(this.#step)
  }

  readonly #step = (): void => {
    if (this.#isOver) return
    if (this.#page.events.length > 0) return this.#deliverPage()
    if (this.#tail === undefined) {
      if (this.#after < this.#page.last) return void this.#readPage()
      this.#tail = this.#settings.openTail(this.#after)
      this.#tail.join()
    }
    const events = this.#tail.since(this.#after)
    if (events === undefined) void this.#readPage()
    else if (events.length > 0) this.#deliver(events)
    else if (this.#tail.failure !== undefined) this.#fail(this.#tail.failure)
    else this.#tail.wait(this.#step)
  }

  async #readPage(): Promise<void> {
    const { log, id, patienceMs } = this.#settings
    try {
      const page = await persist(
        () => log.read(id, this.#after),
        patienceMs,
        () => this.#isOver,
      )
      this.#page = checkPage(page, id, this.#after)
    } catch (error) {
      return this.#fail(error)
    }
    this.#step()
  }

  #deliverPage(): void {
    const lines = this.#page.events
    this.#page = { ...this.#page, events: [] }
    let events: readonly StreamEvent[]
    try {
      events = lines.map(readEvent)
    } catch (error) {
      return this.#fail(error)
    }
    this.#deliver(events)
  }

  #deliver(events: readonly StreamEvent[]): void {
    const firstId = this.#after + 1
    this.#after += events.length
    this.#sink?.events(events, firstId)
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.close()
    this.#sink?.fail(StreamError.from(error))
  }
}
