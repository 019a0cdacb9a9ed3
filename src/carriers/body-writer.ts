/**
 * Writes the body of a response, whichever API the response has.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isTerminal, type StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import type { BatchReader, Receive } from '../core/event-feed.js'
import type { ReadAhead } from './early-status.js'
import { Heartbeat } from './heartbeat.js'

/** The body of one response. */
export interface Body {
  /** Whether it takes a heartbeat without buffering it. */
  isReady(): boolean
  /**
   * @returns whether it takes more at once; if not, it MUST call `BodyWriter.next()` when it does
   */
  write(text: string): boolean
  /** Ends a body that is complete. */
  close(): void
  /**
   * Ends the body in a way that no client takes for its end. What was written before should still
   * arrive.
   */
  breakOff(failure: StreamError): void
}

/**
 * Reads one batch at a time, and the next one only when the body takes more: that is what holds the
 * provider back.
 */
export class BodyWriter {
  readonly #reader: BatchReader
  readonly #format: Format
  readonly #encoder: Encoder
  readonly #body: Body
  #readAhead: ReadAhead | undefined
  #heartbeat: Heartbeat | undefined
  /**
   * A heartbeat can fill the body while a read is pending: then `next()` must not read a second
   * time.
   */
  #reading = false
  /** The body has ended, or the client has disconnected: nothing is read or written any more. */
  #over = false

  constructor(reader: BatchReader, format: Format, body: Body, readAhead?: ReadAhead) {
    this.#reader = reader
    this.#format = format
    this.#encoder = format.encoder()
    this.#body = body
    this.#readAhead = readAhead
  }

  /** Called first when the body begins, and whenever it takes more after it did not. */
  next(): void {
    if (this.#reading || this.#over) return
    this.#heartbeat ??= new Heartbeat(this.#format, (text) => {
      if (this.#reading && this.#body.isReady()) this.#write(text)
    })
    const readAhead = this.#readAhead
    if (readAhead !== undefined) {
      this.#readAhead = undefined
      const { events, firstId } = readAhead
      if (events.length > 0) return this.#onBatch(events, firstId)
    }
    this.#reading = true
    this.#reader.read(this.#onBatch)
  }

  /**
   * Stops writing. The stream still has to be cancelled: afterwards, because that answers a pending
   * read.
   */
  stop(): void {
    this.#over = true
    this.#heartbeat?.stop()
  }

  readonly #onBatch: Receive = (batch, firstId) => {
    this.#reading = false
    if (this.#over) return
    if (batch === null) return this.#close()
    const { text, failure, ended } = this.#encode(batch, firstId)
    const takesMore = text === '' || this.#write(text)
    if (failure !== undefined) {
      this.stop()
      this.#reader.cancel(failure)
      this.#body.breakOff(failure)
    } else if (ended !== undefined) {
      this.#reader.cancel(ended)
      this.#close()
    } else if (isTerminal(batch.at(-1))) this.#close()
    else if (takesMore) this.next()
  }

  /**
   * An event that cannot be written, or a callback of the format that throws, fails the stream and
   * not the process.
   */
  #encode(batch: readonly StreamEvent[], firstId: number | null | undefined): Encoded {
    try {
      const text = this.#encoder.encode(batch, firstId)
      return { text, failure: this.#encoder.failure, ended: this.#encoder.ended }
    } catch (error) {
      return { text: '', failure: StreamError.from(error) }
    }
  }

  #write(text: string): boolean {
    if (this.#heartbeat !== undefined) this.#heartbeat.sent = true
    return this.#body.write(text)
  }

  #close(): void {
    this.stop()
    this.#body.close()
  }
}

interface Encoded extends Pick<Encoder, 'failure' | 'ended'> {
  text: string
}
