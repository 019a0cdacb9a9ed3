/**
 * Reads a stream to its end and writes it to a log, with or without followers.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import {
  type CompleteEvent,
  type ErrorEvent,
  isTerminal,
  type RetryEvent,
  type StartEvent,
  type StreamEvent,
} from '../base/events.js'
import { promiseWithResolvers } from '../base/promise-with-resolvers.js'
import type { BatchReader } from '../core/event-feed.js'
import { isAnnounced } from '../core/left-behind.js'
import { stopped } from './early-stop.js'
import type { Lease, LeaseState, LogBatch, StreamLog } from './log.js'
import { persist } from './log-outage.js'
import { type Ending, endingOf } from './missing-end.js'

export interface ProducerSettings {
  log: StreamLog
  id: string
  lease: Lease
  maxEvents: number
  maxCharacters: number
  /** What a former producer has left, if this one continues its stream. */
  former?: FormerProducer
  /** Called when the producer has ended. */
  onOver?(): void
}

/** The stream of a producer that is gone, as far as it is in the log. */
export interface FormerProducer {
  /** The number of events in the log. */
  count: number
  /** Their length, in characters of JSON. */
  characters: number
  /** The number of attempts that they tell of. */
  attempts: number
  /** Why the stream has to be continued. */
  error: StreamError
}

/**
 * The number of gathered characters at which reading pauses. One append runs at a time, and events
 * that arrive meanwhile are gathered for the next one: the first token is appended at once, and a
 * slow log leads to longer appends instead of more of them.
 */
const maxGathered = 256 * 1024

/** The number of renewals within the duration of a lease. */
const beatsInLease = 3

export class Producer {
  /** The terminal event. Never rejects. */
  readonly ended: Promise<CompleteEvent | ErrorEvent>
  readonly #settle: (terminal: CompleteEvent | ErrorEvent) => void
  readonly #settings: ProducerSettings
  readonly #reader: BatchReader
  #gathered: string[] = []
  #gatheredLength = 0
  /** The number of events that have been read from the stream. */
  #count = 0
  #characters = 0
  /** The last event of the stream. */
  #terminal: CompleteEvent | ErrorEvent | undefined
  /** Why the stream ends without a terminal event. */
  #failure: StreamError | undefined
  #isReading = false
  #isAppending = false
  #isStopping = false
  #isOver = false
  /** Why this producer could not end its stream in the log. */
  givenUp: StreamError | undefined
  readonly #heartbeat: ReturnType<typeof setInterval>
  /**
   * The renewals since the log last answered. Counted instead of timed, because a paused process
   * has not waited for an answer.
   */
  #beats = 0
  #unsubscribe: (() => void) | undefined

  constructor(reader: BatchReader, settings: ProducerSettings) {
    this.#reader = reader
    this.#settings = settings
    const { promise, resolve } = promiseWithResolvers<CompleteEvent | ErrorEvent>()
    this.ended = promise
    this.#settle = resolve
    this.#count = settings.former?.count ?? 0
    this.#characters = settings.former?.characters ?? 0
    this.#heartbeat = setInterval(() => void this.#beat(), settings.lease.leaseMs / beatsInLease)
    void this.#listen()
    this.#read()
  }

  /**
   * Ends at once, for another process to continue: the stream is cancelled, and the lease released.
   * What was not appended yet is lost.
   */
  async handOver(error: StreamError): Promise<void> {
    if (this.#isOver) return
    this.#giveUp(error)
    const { log, id, lease } = this.#settings
    try {
      await this.#reader.ending
      await log.release(id, lease)
    } catch {
      // The lease runs out.
    }
  }

  // -------------------------------------------------------------- from the stream

  #read(): void {
    if (this.#isReading || this.#terminal !== undefined || this.#failure !== undefined) return
    this.#isReading = true
    this.#reader.read(this.#onBatch)
  }

  readonly #onBatch = (batch: readonly StreamEvent[] | null): void => {
    this.#isReading = false
    if (this.#isOver || this.#failure !== undefined) return
    if (batch === null) return this.#fail(this.#isStopping ? stopped() : withoutEnd())
    for (const event of batch) {
      if (!this.#isFirst(event)) this.#gather(event)
      else if (!isAnnounced(this.#settings.former as FormerProducer)) {
        this.#gather(this.#retryOf(event))
      }
      if (this.#terminal !== undefined || this.#failure !== undefined) break
    }
    this.#flush()
    if (this.#gatheredLength < maxGathered) this.#read()
  }

  /** Whether an event begins the stream that continues another one. */
  #isFirst(event: StreamEvent): event is StartEvent {
    const { former } = this.#settings
    return event.type === 'start' && former !== undefined && former.count > 0
  }

  /** What readers see of a takeover. */
  #retryOf({ provider, model }: StartEvent): RetryEvent {
    const { attempts, error } = this.#settings.former as FormerProducer
    const attempt = attempts + 1
    return {
      type: 'retry',
      attempt,
      maxAttempts: attempt,
      delayMs: 0,
      mode: 'restart',
      provider,
      model,
      error,
    }
  }

  #gather(event: StreamEvent): void {
    let json: string
    try {
      json = JSON.stringify(event)
    } catch (cause) {
      const message = `The ${event.type} event cannot be written as JSON.`
      return this.#fail(new StreamError('protocol', message, { cause }))
    }
    if (isTerminal(event)) this.#terminal = event
    else {
      const error = this.#boundError(json.length)
      if (error !== undefined) return this.#fail(error)
    }
    this.#count++
    this.#characters += json.length
    this.#gathered.push(json)
    this.#gatheredLength += json.length
  }

  #boundError(length: number): StreamError | undefined {
    const { id, maxEvents, maxCharacters } = this.#settings
    const isLong = this.#count >= maxEvents
    if (!isLong && this.#characters + length <= maxCharacters) return undefined
    const [option, value] = isLong ? ['maxEvents', maxEvents] : ['maxCharacters', maxCharacters]
    const message = `The stream "${id}" is longer than the option "${option}" allows (${value}).`
    return new StreamError('store', message)
  }

  /** Ends the stream after the gathered events. */
  #fail(error: StreamError): void {
    if (this.#terminal !== undefined || this.#failure !== undefined) return
    this.#failure = error
    this.#reader.cancel(error)
    this.#flush()
  }

  // -------------------------------------------------------------- into the log

  #flush(): void {
    if (this.#isAppending || this.#isOver) return
    if (this.#gathered.length > 0) void this.#append()
    else if (this.#failure !== undefined) void this.#appendFailure(this.#failure)
  }

  async #append(): Promise<void> {
    const events = this.#gathered
    this.#gathered = []
    this.#gatheredLength = 0
    const first = this.#count - events.length + 1
    const batch: LogBatch = { first, events, ended: this.#terminal !== undefined }
    const { log, id, lease } = this.#settings
    if (!(await this.#send(() => log.append(id, lease, batch)))) return
    if (batch.ended && this.#terminal !== undefined) return this.#end(this.#terminal)
    this.#flush()
    if (this.#gatheredLength < maxGathered) this.#read()
  }

  async #appendFailure(error: StreamError): Promise<void> {
    const { log, id, lease } = this.#settings
    let ending: Ending | undefined
    const isHeld = await this.#send(async () => {
      ending ??= await endingOf(log, id, error)
      return ending === undefined ? 'lost' : log.append(id, lease, ending.batch)
    })
    if (isHeld && ending !== undefined) this.#end(ending.terminal)
  }

  /** @returns whether the lease is held and the producer has not ended */
  async #send(ask: () => Promise<LeaseState>): Promise<boolean> {
    this.#isAppending = true
    try {
      this.#take(await persist(ask, this.#settings.lease.leaseMs, () => this.#isOver))
    } catch (error) {
      this.#giveUp(StreamError.from(error))
    }
    this.#isAppending = false
    return !this.#isOver
  }

  // -------------------------------------------------------------- the lease

  async #beat(): Promise<void> {
    const { log, id, lease } = this.#settings
    if (++this.#beats > 2 * beatsInLease) {
      const message = `The log did not answer for two lease periods of ${lease.leaseMs} ms (leaseMs).`
      return this.#giveUp(new StreamError('store', message))
    }
    // An append renews the lease, too. If it fails, this count ends the producer.
    if (this.#isAppending) return
    const state = await log.renew(id, lease).catch(() => undefined)
    if (state !== undefined) this.#take(state)
  }

  #take(state: LeaseState): void {
    this.#beats = 0
    if (this.#isOver) return
    if (state === 'stopping') this.#stop()
    if (state !== 'lost') return
    const message = `The lease of the stream "${this.#settings.id}" has expired, or the log has lost the stream. Its producer can append nothing more.`
    this.#giveUp(new StreamError('conflict', message))
  }

  async #listen(): Promise<void> {
    const { log, id } = this.#settings
    // If this fails, the next renewal reports the stop.
    const unsubscribe = await log.onStop(id, () => this.#stop()).catch(() => () => {})
    if (this.#isOver) unsubscribe()
    else this.#unsubscribe = unsubscribe
  }

  #stop(): void {
    if (this.#isOver || this.#isStopping) return
    this.#isStopping = true
    this.#reader.cancel(stopped())
    // A cancelled stream still delivers its terminal event, possibly after its turn of a
    // conversation has ended.
    this.#read()
  }

  /** Ends without the log, which this producer can no longer write to. */
  #giveUp(error: StreamError): void {
    if (this.#isOver) return
    this.givenUp = error
    this.#end({ type: 'error', error, partial: { role: 'assistant', content: [] }, attempts: 1 })
    this.#reader.cancel(error)
  }

  #end(terminal: CompleteEvent | ErrorEvent): void {
    this.#isOver = true
    clearInterval(this.#heartbeat)
    this.#unsubscribe?.()
    this.#settings.onOver?.()
    this.#settle(terminal)
  }
}

function withoutEnd(): StreamError {
  return new StreamError('interrupted', 'The stream ended without a complete or error event.')
}
