/**
 * Streams that outlive their clients: one process publishes, and any number of clients follow, come back, and miss nothing.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  count,
  events,
  has,
  isInteger,
  type Rules,
  required,
  rule,
  text,
} from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { EventStream } from '../base/event-stream.js'
import {
  type CompleteEvent,
  type ErrorEvent,
  isTerminal,
  type StreamEvent,
  type TerminalEvent,
} from '../base/events.js'
import { refusePromise } from '../base/refuse-promise.js'
import { show } from '../base/show.js'
import { storeError } from '../base/store-error.js'
import type { BatchReader, EventFeed } from '../core/event-feed.js'
import { readBatches } from '../core/read-batches.js'
import { ReceivedAnswer } from '../core/received-answer.js'
import { Stream } from '../core/stream.js'
import { Cursor } from './cursor.js'
import type { LogPage, StreamLog } from './log.js'
import { checkPage, lostStream, readEvent } from './log-events.js'
import { Producer } from './producer.js'
import { Tail } from './tail.js'

/** What `createResumable()` takes. */
export interface ResumableOptions {
  /** Where the events are kept: `memoryLog()`, `redisLog(client)`, or your own. */
  log: StreamLog
  /**
   * A producer that gives no sign of life for this long is taken for dead, and its stream ends with an `error` of code
   * `interrupted`; in whole milliseconds from 100. A process that is paused for longer loses its streams.
   * @default 5_000
   */
  leaseMs?: number
  /**
   * A stream with more events than this ends with an `error` of code `store`.
   * @default 100_000
   */
  maxEvents?: number
  /**
   * A stream whose content is longer than this, as JSON in characters, ends with an `error` of code `store`.
   * @default 16_777_216
   */
  maxCharacters?: number
}

/** A stream that has become the log's. */
export interface Publication {
  readonly id: string
  /**
   * How the stream ended: with what its followers are told, or, where the log is lost to this process, an `error` of code `conflict`
   * (its lease has run out) or `store`. It never rejects. Where a runtime ends a process with its response, this is what has to be
   * waited for: `waitUntil(published.ended)`.
   */
  readonly ended: Promise<CompleteEvent | ErrorEvent>
}

/** The rest of a stream that is kept. `sse()` gives its events their ids in the log. */
export interface FollowedStream extends EventStream {
  /**
   * The stream has ended and everything was seen, its end too: there are no events. Answer with status 204, which tells a browser's
   * EventSource not to come back.
   */
  readonly over: boolean
}

/** Streams by their ids, which outlive their clients. */
export interface Resumable {
  /**
   * Reads a stream to its end into the log. It is nobody's any more: a client that leaves does not end it, `stop` does.
   *
   * @param id - of this stream alone; it cannot be published again, also after its end
   * @returns once the id is taken, and before the first event has come
   * @throws StreamError `conflict` if there is a stream of this id: yours is cancelled then
   * @throws StreamError `store` if the log fails
   */
  publish(id: string, stream: AsyncIterable<StreamEvent>): Promise<Publication>
  /**
   * Every event after the one with this id, once and in order: what has come already, and what is to come. Leaving ends nothing.
   *
   * @param lastEventId - as a client gives it, in `Last-Event-ID`; all events if it is absent or empty
   * @returns null for an unknown id, and for one whose time to live is over
   * @throws StreamError `invalid-request` if the id of the event is no number, or is that of an event that has not come
   * @throws StreamError `store` if the log fails
   */
  follow(id: string, lastEventId?: string | number | null): Promise<FollowedStream | null>
  /**
   * Ends a stream with an `error` of code `aborted`, whichever process produces it, and closes the connection to the provider.
   *
   * @returns once that is told; false for an unknown id, and for a stream that has ended
   * @throws StreamError `store` if the log fails
   */
  stop(id: string): Promise<boolean>
}

const rules: Rules<ResumableOptions> = {
  log: required(
    rule('a log, such as memoryLog() or redisLog(client)', (value) => has(value, 'append')),
  ),
  leaseMs: rule('whole milliseconds from 100 to 3600000', (value) =>
    isInteger(value, 100, 3_600_000),
  ),
  maxEvents: count,
  maxCharacters: count,
}

/**
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * const resumable = createResumable({ log: memoryLog() })
 *
 * // POST: the answer is produced whether or not anybody reads it
 * await resumable.publish(id, createStream({ driver, messages }))
 * return toResponse(await resumable.follow(id), sse())
 *
 * // GET: the rest of it
 * const stream = await resumable.follow(id, request.headers.get('last-event-id'))
 * if (stream === null) return new Response(null, { status: 404 })
 * if (stream.over) return new Response(null, { status: 204 })
 * return toResponse(stream, sse())
 * ```
 */
export function createResumable(options: ResumableOptions): Resumable {
  checkOptions('', options, rules, 'an object with a log')
  const { log, leaseMs = 5_000, maxEvents = 100_000, maxCharacters = 16 * 1024 * 1024 } = options
  return new LoggedStreams({ log, leaseMs, maxEvents, maxCharacters })
}

class LoggedStreams implements Resumable {
  readonly #settings: Required<ResumableOptions>
  /** The streams that are being followed in this process. */
  readonly #tails = new Map<string, Tail>()
  /** A lease runs out within this time, and the log is back or it is not. */
  readonly #patienceMs: number

  constructor(settings: Required<ResumableOptions>) {
    this.#settings = settings
    this.#patienceMs = 2 * settings.leaseMs
  }

  publish(id: string, stream: AsyncIterable<StreamEvent>): Promise<Publication> {
    checkValue('id', id, required(text))
    refusePromise('stream', stream)
    checkValue('stream', stream, required(events))
    return this.#publish(id, readBatches(stream))
  }

  async #publish(id: string, reader: BatchReader): Promise<Publication> {
    const { leaseMs, ...settings } = this.#settings
    const lease = { fence: crypto.randomUUID(), leaseMs }
    try {
      if (await settings.log.create(id, lease)) {
        return { id, ended: new Producer(reader, { ...settings, id, lease }).ended }
      }
      const message = `There is a stream "${id}" already: publish each stream under an id of its own.`
      throw new StreamError('conflict', message)
    } catch (error) {
      reader.cancel(error)
      throw storeError(error, 'log')
    }
  }

  async follow(id: string, lastEventId?: string | number | null): Promise<FollowedStream | null> {
    const after = numberOf(lastEventId)
    const page = await this.#read(id, after)
    if (page === null) return null
    checkPage(page, id, after)
    if (after > page.last) {
      const message = `The last event of the stream "${id}" is ${page.last}, and Last-Event-ID is ${after}.`
      throw new StreamError('invalid-request', message)
    }
    const { log } = this.#settings
    const openTail = (last: number): Tail => this.#tail(id, last)
    const cursor = new Cursor({ log, id, after, page, patienceMs: this.#patienceMs, openTail })
    const ended = page.ended && after === page.last ? await this.#endOf(id, after) : undefined
    return new Followed(new ReceivedAnswer(cursor, { after }), ended)
  }

  async stop(id: string): Promise<boolean> {
    try {
      return await this.#settings.log.stop(id)
    } catch (error) {
      throw storeError(error, 'log')
    }
  }

  async #read(id: string, after: number): Promise<LogPage | null> {
    try {
      return await this.#settings.log.read(id, after)
    } catch (error) {
      throw storeError(error, 'log')
    }
  }

  async #endOf(id: string, last: number): Promise<CompleteEvent | ErrorEvent> {
    const page = await this.#read(id, last - 1)
    const event = page === null ? undefined : readEvent(page.events.at(-1) ?? '')
    if (!isTerminal(event)) throw lostStream(id)
    return event
  }

  #tail(id: string, last: number): Tail {
    let tail = this.#tails.get(id)
    if (tail === undefined) {
      const { log } = this.#settings
      const onOver = (): void => void this.#tails.delete(id)
      tail = new Tail({ log, id, last, patienceMs: this.#patienceMs, onOver })
      this.#tails.set(id, tail)
    }
    return tail
  }
}

class Followed extends Stream implements FollowedStream {
  readonly over: boolean

  constructor(feed: EventFeed, ended: TerminalEvent | undefined) {
    super(feed, { ended })
    this.over = ended !== undefined
  }
}

function numberOf(lastEventId: string | number | null | undefined): number {
  if (lastEventId === undefined || lastEventId === null || lastEventId === '') return 0
  const after = /^\d{1,15}$/.test(String(lastEventId)) ? Number(lastEventId) : Number.NaN
  if (Number.isInteger(after)) return after
  const message = `Last-Event-ID is ${show(lastEventId)}, and the events of a stream count from 1.`
  throw new StreamError('invalid-request', message)
}
