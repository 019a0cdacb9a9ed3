/**
 * Streams that outlive their clients: one process publishes, and any number of clients follow and
 * reconnect without missing an event.
 *
 * @module
 */

import {
  checkId,
  checkOptions,
  checkValue,
  count,
  events,
  func,
  has,
  id as idRule,
  isInteger,
  type Rules,
  required,
  rule,
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
import { handedOver, type Revive, takeOver } from './takeover.js'

/** Options of `createResumable()`. */
export interface ResumableOptions {
  /** The log that stores the events: `memoryLog()`, `redisLog(client)`, or your own. */
  log: StreamLog
  /**
   * The silence after which a producer counts as dead, in whole milliseconds from 100 to 3,600,000.
   * Its stream then ends with an `error` of code `interrupted`. A process that is paused for longer
   * loses its streams.
   * @default 5_000
   */
  leaseMs?: number
  /**
   * The maximum number of events of a stream. A longer stream ends with an `error` of code `store`.
   * @default 100_000
   */
  maxEvents?: number
  /**
   * The maximum length of a stream, in characters of JSON. A longer stream ends with an `error` of
   * code `store`.
   * @default 16_777_216
   */
  maxCharacters?: number
  /**
   * Continues a stream whose producer has died, in the process that notices it first: a process with
   * a follower. Readers receive a `retry` with mode `restart`, and then the events of the returned
   * stream. Without it, or if it returns null or throws, the stream ends with `interrupted`.
   */
  revive?: Revive
  /**
   * How often a stream is revived before it ends with `interrupted`.
   * @default 3
   */
  maxRevivals?: number
}

/** A published stream. */
export interface Publication {
  readonly id: string
  /**
   * The terminal event that followers receive. If this process can no longer write to the log, it
   * is an `error` of code `conflict` (the lease has expired) or `store` instead. Never rejects. In
   * a runtime that ends the process with the response, wait for it: `waitUntil(published.ended)`.
   */
  readonly ended: Promise<CompleteEvent | ErrorEvent>
}

/** The rest of a published stream. `sse()` writes the ids that its events have in the log. */
export interface FollowedStream extends EventStream {
  /**
   * Whether the stream has ended and the client has received everything, so that there are no more
   * events. Answer with status 204, so that the EventSource of a browser does not reconnect.
   */
  readonly over: boolean
  /**
   * Whether the stream has ended, even if the client lacks some of its events. A page that shows
   * stored messages, such as `useChat({ resume: true })`, needs a stream only while it runs: answer
   * with status 204.
   */
  readonly ended: boolean
}

/** Publishes, follows and stops streams that outlive their clients. */
export interface Resumable {
  /**
   * Reads a stream to its end into the log. A client that disconnects does not end it, `stop` does.
   *
   * @param id - unique to this stream; it cannot be published again, even after its end
   * @returns once the id is taken, before the first event
   * @throws StreamError `conflict` if a stream with this id exists; the new stream is cancelled
   * @throws StreamError `store` if the log fails
   */
  publish(id: string, stream: AsyncIterable<StreamEvent>): Promise<Publication>
  /**
   * Reads every event after a position, once and in order: stored events first, then new ones.
   * Ending the returned stream does not end the published one.
   *
   * @param lastEventId - the `Last-Event-ID` of the client; all events if it is absent or empty
   * @returns null for an unknown id, and for a stream whose time to live has passed
   * @throws StreamError `invalid-request` if `lastEventId` is not a number, or is beyond the last
   * event
   * @throws StreamError `store` if the log fails
   */
  follow(id: string, lastEventId?: string | number | null): Promise<FollowedStream | null>
  /**
   * Ends a stream with an `error` of code `aborted`, whichever process produces it, and closes the
   * connection to the provider.
   *
   * @returns once the stop is requested; false for an unknown id, and for a stream that has ended
   * @throws StreamError `store` if the log fails
   */
  stop(id: string): Promise<boolean>
  /**
   * Ends all streams that this process produces, and gives up their leases, so that other processes
   * revive them at once: for SIGTERM. The process revives nothing afterwards.
   *
   * @returns once the leases are released. Never rejects
   */
  handOver(): Promise<void>
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
  revive: func,
  maxRevivals: count,
}

/**
 * Creates access to the streams of a log.
 *
 * @throws TypeError for an invalid option
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
  const { revive, maxRevivals = 3 } = options
  return new LoggedStreams({ log, leaseMs, maxEvents, maxCharacters, revive, maxRevivals })
}

interface Settings extends Required<Omit<ResumableOptions, 'revive'>> {
  revive: Revive | undefined
}

class LoggedStreams implements Resumable {
  readonly #settings: Settings
  readonly #producers = new Set<Producer>()
  #hasHandedOver = false
  /** The streams that are followed in this process. */
  readonly #tails = new Map<string, Tail>()
  /**
   * The time for which calls of the log are retried, in milliseconds: two lease periods, after
   * which a lost lease has expired.
   */
  readonly #patienceMs: number

  constructor(settings: Settings) {
    this.#settings = settings
    this.#patienceMs = 2 * settings.leaseMs
  }

  publish(id: string, stream: AsyncIterable<StreamEvent>): Promise<Publication> {
    checkValue('id', id, required(idRule))
    refusePromise('stream', stream)
    checkValue('stream', stream, required(events))
    return this.#publish(id, readBatches(stream))
  }

  async #publish(id: string, reader: BatchReader): Promise<Publication> {
    const { leaseMs, log, maxEvents, maxCharacters } = this.#settings
    const lease = { fence: crypto.randomUUID(), leaseMs }
    try {
      if (await log.create(id, lease)) {
        const onOver = (): void => void this.#producers.delete(producer)
        const settings = { log, maxEvents, maxCharacters, id, lease, onOver }
        const producer: Producer = new Producer(reader, settings)
        this.#producers.add(producer)
        return { id, ended: producer.ended }
      }
      const message = `A stream "${id}" already exists. Publish each stream under a new id.`
      throw new StreamError('conflict', message)
    } catch (error) {
      reader.cancel(error)
      throw storeError(error, 'log')
    }
  }

  async follow(id: string, lastEventId?: string | number | null): Promise<FollowedStream | null> {
    checkId(id)
    const after = numberOf(lastEventId)
    const page = await this.#read(id, after)
    if (page === null) return null
    checkPage(page, id, after)
    if (after > page.last) {
      const message = `Last-Event-ID is ${after}, but the last event of the stream "${id}" is ${page.last}.`
      throw new StreamError('invalid-request', message)
    }
    const { log } = this.#settings
    const openTail = (last: number): Tail => this.#tail(id, last)
    const cursor = new Cursor({ log, id, after, page, patienceMs: this.#patienceMs, openTail })
    const ended = page.ended && after === page.last ? await this.#endOf(id, after) : undefined
    return new Followed(new ReceivedAnswer(cursor, { after }), page.ended, ended)
  }

  async stop(id: string): Promise<boolean> {
    checkId(id)
    try {
      return await this.#settings.log.stop(id)
    } catch (error) {
      throw storeError(error, 'log')
    }
  }

  async handOver(): Promise<void> {
    this.#hasHandedOver = true
    const error = handedOver()
    await Promise.all([...this.#producers].map((producer) => producer.handOver(error)))
  }

  async #revive(id: string, error: StreamError): Promise<'taken' | 'wait' | 'none'> {
    const { revive, ...settings } = this.#settings
    if (revive === undefined) return 'none'
    if (this.#hasHandedOver) return 'wait'
    await takeOver(id, error, {
      ...settings,
      revive,
      onProducer: (producer) => this.#producers.add(producer),
      onOver: (producer) => this.#producers.delete(producer),
    })
    return 'taken'
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
      const revive = (error: StreamError) => this.#revive(id, error)
      tail = new Tail({ log, id, last, patienceMs: this.#patienceMs, onOver, revive })
      this.#tails.set(id, tail)
    }
    return tail
  }
}

class Followed extends Stream implements FollowedStream {
  readonly over: boolean
  readonly ended: boolean

  constructor(feed: EventFeed, hasEnded: boolean, ended: TerminalEvent | undefined) {
    super(feed, { ended })
    this.over = ended !== undefined
    this.ended = hasEnded
  }
}

function numberOf(lastEventId: string | number | null | undefined): number {
  if (lastEventId === undefined || lastEventId === null || lastEventId === '') return 0
  const after = /^\d{1,15}$/.test(String(lastEventId)) ? Number(lastEventId) : Number.NaN
  if (Number.isInteger(after)) return after
  const message = `Last-Event-ID is ${show(lastEventId)}. Allowed: the id of an event, an integer from 1.`
  throw new StreamError('invalid-request', message)
}
