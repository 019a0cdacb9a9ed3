/**
 * Publishes, follows and stops the streams of a log.
 *
 * @module
 */

import { checkId, checkValue, events, id as idRule, required } from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
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
import { endOfStopped, stopStream } from './early-stop.js'
import type { LogPage } from './log.js'
import { checkPage, lostStream, readEvent } from './log-events.js'
import { Producer } from './producer.js'
import { Tail } from './tail.js'
import { gone, handedOver, takeOver } from './takeover.js'
import type { FollowedStream, Publication, Resumable, ResumableOptions, Revive } from './types.js'

interface Settings extends Required<Omit<ResumableOptions, 'revive'>> {
  revive: Revive | undefined
}

/** The number of streams that one sweep takes over, so that a provider is not flooded. */
const sweepLength = 100

export class LoggedStreams implements Resumable {
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
        if (reader.begun !== undefined) await untilStored(reader.begun, producer)
        return { id, ended: producer.ended }
      }
      const stop = await endOfStopped(log, id, leaseMs)
      if (stop !== undefined) {
        reader.cancel(stop.error)
        return { id, ended: Promise.resolve(stop) }
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
      throw wrongPosition(message)
    }
    const { log } = this.#settings
    const openTail = (last: number): Tail => this.#tail(id, last)
    const cursor = new Cursor({ log, id, after, page, patienceMs: this.#patienceMs, openTail })
    const ended = page.ended && after === page.last ? await this.#endOf(id, after) : undefined
    return new Followed(new ReceivedAnswer(cursor, { after }), page.ended, ended)
  }

  async stop(id: string): Promise<boolean> {
    checkId(id)
    const { log, leaseMs } = this.#settings
    try {
      return await stopStream(log, id, leaseMs)
    } catch (error) {
      throw storeError(error, 'log')
    }
  }

  async sweep(): Promise<number> {
    const { log } = this.#settings
    if (log.abandoned === undefined) {
      const message = 'The log cannot list abandoned streams. sweep() needs one with abandoned().'
      throw new StreamError('setup', message)
    }
    if (this.#hasHandedOver) return 0
    try {
      const ids = await log.abandoned(sweepLength)
      const taken = await Promise.all(ids.map((id) => this.#takeOver(id, gone(id))))
      return taken.filter(Boolean).length
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
    if (this.#settings.revive === undefined) return 'none'
    if (this.#hasHandedOver) return 'wait'
    await this.#takeOver(id, error)
    return 'taken'
  }

  #takeOver(id: string, error: StreamError): Promise<boolean> {
    return takeOver(id, error, {
      ...this.#settings,
      onProducer: (producer) => this.#producers.add(producer),
      onOver: (producer) => this.#producers.delete(producer),
    })
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

  constructor(feed: EventFeed, ended: boolean, terminal: TerminalEvent | undefined) {
    super(feed, { ended: terminal })
    this.over = terminal !== undefined
    this.ended = ended
  }
}

/**
 * Waits until the question of a turn is stored, or the stream has ended in the log.
 *
 * @throws the error of a producer that had to leave the stream before
 */
async function untilStored(begun: Promise<boolean>, producer: Producer): Promise<void> {
  const isOver = producer.ended.then(() => false)
  if (await Promise.race([begun, isOver])) return
  await isOver
  if (producer.givenUp !== undefined) throw producer.givenUp
}

function numberOf(lastEventId: string | number | null | undefined): number {
  if (lastEventId === undefined || lastEventId === null || lastEventId === '') return 0
  const after = /^\d{1,15}$/.test(String(lastEventId)) ? Number(lastEventId) : Number.NaN
  if (Number.isInteger(after)) return after
  const message = `Last-Event-ID is ${show(lastEventId)}. Allowed: the id of an event, an integer from 1.`
  throw wrongPosition(message)
}

/** Speaks of the client's own header, so that a client may see it. */
function wrongPosition(message: string): StreamError {
  const publicMessage = 'The Last-Event-ID of the request is not that of an event of this stream.'
  return new StreamError('invalid-request', message, { status: 400, publicMessage })
}
