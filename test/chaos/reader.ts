/**
 * A reader as a page is one: it reads server-sent events, disconnects, and comes back with its Last-Event-ID, to any server.
 */

import { createParser } from 'eventsource-parser'
import type { StreamEvent } from 'sluice'
import { pause } from './model.ts'
import type { PlannedReader } from './plan.ts'

/** How long a reader waits for the next event before it tries another server, in milliseconds. */
const silenceMs = 6_000

export interface ReaderSettings {
  plan: PlannedReader
  path: string
  /** A server that may be there. */
  anyPort(): number | undefined
  /** Ends it, whatever it has read. */
  signal: AbortSignal
}

export class Reader {
  readonly #settings: ReaderSettings
  readonly events: StreamEvent[] = []
  /** The number of the last event. */
  last = 0
  connections = 0
  longestGapMs = 0
  readonly breaches: string[] = []
  /** Its terminal event has come. */
  isOver = false

  constructor(settings: ReaderSettings) {
    this.#settings = settings
  }

  async read(): Promise<void> {
    const { plan, signal } = this.#settings
    await pause(plan.delayMs, signal).catch(() => {})
    while (!this.isOver && !signal.aborted) {
      const isEarly = await this.#connect().catch(() => false)
      if (this.isOver) return
      await pause(isEarly ? plan.awayMs : 50, signal).catch(() => {})
    }
  }

  /** @returns whether it left because it wanted to */
  async #connect(): Promise<boolean> {
    const { plan, path, anyPort, signal } = this.#settings
    const port = anyPort()
    if (port === undefined) return false
    const controller = new AbortController()
    const giveUp = (): void => controller.abort()
    signal.addEventListener('abort', giveUp)
    let timer = setTimeout(giveUp, silenceMs)
    let seen = 0
    let lastAt = performance.now()
    const parser = createParser({
      onEvent: ({ id, data }) => {
        seen++
        const now = performance.now()
        this.longestGapMs = Math.max(this.longestGapMs, now - lastAt)
        lastAt = now
        this.#take(Number(id), JSON.parse(data) as StreamEvent)
      },
    })
    try {
      this.connections++
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: this.last === 0 ? {} : { 'last-event-id': String(this.last) },
        signal: controller.signal,
      })
      if (response.status === 204) {
        this.breaches.push(
          `the stream is over after event ${this.last}, which was not the last one`,
        )
        this.isOver = true
        return false
      }
      // The stream may not have begun, and an error has another form: the log is read at the end.
      if (response.status !== 200 || response.body === null) return false
      const decoder = new TextDecoder()
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        clearTimeout(timer)
        timer = setTimeout(giveUp, silenceMs)
        parser.feed(decoder.decode(chunk, { stream: true }))
        if (this.isOver) return false
        if (seen >= plan.leavesAfter) return true
      }
      return false
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      controller.abort()
    }
  }

  #take(id: number, event: StreamEvent): void {
    if (this.isOver) {
      this.breaches.push(`event ${id} (${event.type}) comes after the end`)
      return
    }
    // The carrier's own error, which is not in the log, ends a connection, but not the stream.
    if (Number.isNaN(id) || id === 0) return
    if (id !== this.last + 1) this.breaches.push(`event ${id} comes after event ${this.last}`)
    this.last = id
    this.events.push(event)
    if (event.type === 'complete' || event.type === 'error') this.isOver = true
  }
}
