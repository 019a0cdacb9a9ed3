/**
 * Follows one running stream for all followers in this process, with one subscription and one
 * timer.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { LogBatch, LogListener, StreamLog } from './log.js'
import { checkPage, lostStream, readEvent } from './log-events.js'
import { persist } from './log-outage.js'
import { endingOf } from './missing-end.js'
import { gone } from './takeover.js'

export interface TailSettings {
  log: StreamLog
  id: string
  /** The number of the last event that has been read. */
  last: number
  /** The outage of the log after which the followers fail, in milliseconds. */
  patienceMs: number
  /** Called when the stream has ended, or has no followers left. */
  onOver(): void
  /**
   * Continues the stream of a producer that is gone.
   *
   * @returns `taken`: a process has it, or has ended it. `wait`: another process may take it. `none`:
   *   nothing can continue it
   */
  revive(error: StreamError): Promise<'taken' | 'wait' | 'none'>
}

/** Consecutive events. */
interface Run {
  first: number
  events: readonly StreamEvent[]
  /** In characters of JSON. */
  length: number
}

/** The length of the events that are kept in memory for slow followers, in characters of JSON. */
const maxRecent = 16 * 1024

/**
 * The wait after the end of a lease before reading the log, in milliseconds, so that one read is
 * enough.
 */
const slackMs = 10

/** The wait for another process to take a stream, in milliseconds. */
const waitMs = 100

export class Tail implements LogListener {
  readonly #settings: TailSettings
  #last: number
  /** The newest events, oldest first. */
  readonly #recent: Run[] = []
  #recentLength = 0
  readonly #waiting = new Set<() => void>()
  #followers = 0
  #failure: StreamError | undefined
  #isReading = false
  #hasToRead = false
  #isOver = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #unsubscribe: (() => void) | undefined

  constructor(settings: TailSettings) {
    this.#settings = settings
    this.#last = settings.last
    void this.#subscribe()
  }

  // -------------------------------------------------------------- for the followers

  get failure(): StreamError | undefined {
    return this.#failure
  }

  join(): void {
    this.#followers++
  }

  leave(callback: () => void): void {
    this.#waiting.delete(callback)
    if (--this.#followers === 0) this.#close()
  }

  /** Calls back once, when there may be new events. */
  wait(callback: () => void): void {
    this.#waiting.add(callback)
  }

  /** @returns the events after a position; undefined if they are too old to be in memory */
  since(after: number): readonly StreamEvent[] | undefined {
    if (after >= this.#last) return []
    const newest = this.#recent.at(-1)
    if (newest?.first === after + 1) return newest.events
    const oldest = this.#recent[0]
    if (oldest === undefined || oldest.first > after + 1) return undefined
    return this.#recent.flatMap(({ first, events }) =>
      first > after ? events : events.slice(after + 1 - first),
    )
  }

  // -------------------------------------------------------------- from the log

  appended({ first, events, ended }: LogBatch): void {
    if (this.#isOver) return
    const known = this.#last + 1 - first
    if (known < 0) return this.#read()
    if (known >= events.length) return
    try {
      this.#remember(known === 0 ? events : events.slice(known))
    } catch (error) {
      return this.#fail(error)
    }
    if (ended) this.#close()
    this.#wake()
  }

  missed(): void {
    this.#read()
  }

  // -------------------------------------------------------------- inside

  async #subscribe(): Promise<void> {
    try {
      const { log, id } = this.#settings
      const unsubscribe = await this.#persist(() => log.subscribe(id, this))
      if (this.#isOver) return unsubscribe()
      this.#unsubscribe = unsubscribe
      // Events that were appended before the subscription were not reported.
      this.#read()
    } catch (error) {
      this.#fail(error)
    }
  }

  #read(): void {
    this.#hasToRead = true
    if (!this.#isReading) void this.#readAll()
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    clearTimeout(this.#timer)
    try {
      while (this.#hasToRead && !this.#isOver) {
        this.#hasToRead = false
        await this.#readPage()
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isReading = false
  }

  async #readPage(): Promise<void> {
    const { log, id } = this.#settings
    const after = this.#last
    const page = checkPage(await this.#persist(() => log.read(id, after)), id, after)
    // Another producer would use the numbers of the lost events again.
    if (page.last < after) throw lostStream(id)
    const { events, last, ended, leaseLeftMs } = page
    this.appended({ first: after + 1, events, ended: ended && after + events.length === last })
    if (this.#isOver) return
    if (this.#last < last) this.#hasToRead = true
    else if (leaseLeftMs > 0) {
      this.#timer = setTimeout(() => this.#read(), Math.ceil(leaseLeftMs) + slackMs)
    } else await this.#persist(() => this.#interrupt())
  }

  /**
   * Ends the stream for all followers: the first process that detects the dead producer writes the
   * end.
   */
  async #interrupt(): Promise<void> {
    const { log, id, revive } = this.#settings
    const error = gone(id)
    const state = await revive(error)
    if (state === 'wait') {
      this.#timer = setTimeout(() => this.#read(), waitMs)
      return
    }
    if (state === 'none') {
      const ending = await endingOf(log, id, error)
      if (ending !== undefined) await log.seal(id, ending.batch)
    }
    this.#hasToRead = true
  }

  #persist<T>(ask: () => Promise<T>): Promise<T> {
    return persist(ask, this.#settings.patienceMs, () => this.#isOver)
  }

  #remember(lines: readonly string[]): void {
    let length = 0
    const events = lines.map((json) => {
      length += json.length
      return readEvent(json)
    })
    this.#recent.push({ first: this.#last + 1, events, length })
    this.#last += events.length
    this.#recentLength += length
    while (this.#recentLength > maxRecent && this.#recent.length > 1) {
      this.#recentLength -= this.#recent.shift()?.length ?? 0
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#failure = StreamError.from(error)
    this.#close()
    this.#wake()
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#unsubscribe?.()
    this.#settings.onOver()
  }
}
