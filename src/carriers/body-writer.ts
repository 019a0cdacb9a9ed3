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
import { defaultReaderTimeoutMs, ReaderTimeout } from './reader-timeout.js'

/** The body of one response. */
export interface Body {
  /** Whether it takes a heartbeat without buffering it. */
  isReady(): boolean
  /**
   * @returns whether it takes more at once; if not, it MUST call `BodyWriter.next()` when it does
   */
  write(text: string): boolean
  /** How much the client has not taken, in any unit; a change is progress. */
  pending(): number
  /** Ends a body that is complete. */
  close(): void
  /**
   * Ends the body in a way that no client takes for its end. What was written before should still
   * arrive.
   */
  breakOff(failure: StreamError): void
  /** Frees everything at once: the client takes nothing. */
  destroy(failure: StreamError): void
}

/** Options of every response writer. */
export interface ReaderOptions {
  /**
   * How long the client may take nothing while data waits for it, in milliseconds; `Infinity` for
   * ever. Then the stream ends with `aborted`, and the response is destroyed. The time in which
   * nothing waits, because the model is silent, does not count.
   * @default 120_000
   */
  readerTimeoutMs?: number
}

/** What else a writer needs. */
export interface WriterSettings extends ReaderOptions {
  readAhead?: ReadAhead | undefined
  /** Takes a failure that the stream itself does not know. */
  report(failure: StreamError): void
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
  #stopListening: (() => void) | undefined
  /** The encoder has text that the body did not take. */
  #hasText = false
  readonly #timeout: ReaderTimeout
  readonly #report: WriterSettings['report']
  /**
   * A heartbeat can fill the body while a read is pending: then `next()` must not read a second
   * time.
   */
  #reading = false
  /** The body has ended, or the client has disconnected: nothing is read or written any more. */
  #over = false

  constructor(reader: BatchReader, format: Format, body: Body, settings: WriterSettings) {
    const { readAhead, readerTimeoutMs = defaultReaderTimeoutMs, report } = settings
    this.#reader = reader
    this.#format = format
    this.#encoder = format.encoder()
    this.#body = body
    this.#readAhead = readAhead
    this.#report = report
    const onTimeout = (): void => this.#giveUp(readerTimeoutMs)
    this.#timeout = new ReaderTimeout(reader, readerTimeoutMs, () => body.pending(), onTimeout)
    // It was read for the status, so a connection to the provider is open already.
    if (readAhead !== undefined && readAhead.events.length > 0) this.#timeout.wait()
  }

  /** Called first when the body begins, and whenever it takes more after it did not. */
  next(): void {
    this.#timeout.taken()
    if (this.#over) return
    if (!this.#reading) this.#read()
    if (this.#hasText) this.#onText()
  }

  #read(): void {
    if (this.#heartbeat === undefined) this.#start()
    const readAhead = this.#readAhead
    if (readAhead !== undefined) {
      this.#readAhead = undefined
      const { events, firstId } = readAhead
      if (events.length > 0) return this.#onBatch(events, firstId)
    }
    this.#reading = true
    this.#reader.read(this.#onBatch)
  }

  #start(): void {
    this.#heartbeat = new Heartbeat(this.#format, (text) => {
      if (this.#isIdle) this.#write(text)
    })
    this.#stopListening = this.#encoder.listen?.(this.#onText)
  }

  /** Whether nothing is being written, and nothing waits for the client. */
  get #isIdle(): boolean {
    return this.#reading && !this.#over && this.#body.isReady()
  }

  /** Writes what stands between events at once, because the next one may be far away. */
  readonly #onText = (): void => {
    this.#hasText = !this.#isIdle
    if (this.#hasText) return
    const { text } = this.#encode([])
    if (text !== '') this.#write(text)
  }

  /**
   * Stops writing. The stream still has to be cancelled: afterwards, because that answers a pending
   * read.
   */
  stop(): void {
    this.#end()
    this.#timeout.stop()
  }

  #end(): void {
    this.#over = true
    this.#heartbeat?.stop()
    this.#stopListening?.()
  }

  #giveUp(readerTimeoutMs: number): void {
    this.stop()
    const message = `The client took nothing for ${readerTimeoutMs} ms (readerTimeoutMs).`
    const failure = new StreamError('aborted', message)
    this.#reader.cancel(failure)
    this.#body.destroy(failure)
  }

  readonly #onBatch: Receive = (batch, firstId) => {
    this.#reading = false
    if (this.#over) return
    if (batch === null) return this.#close()
    const { text, failure, ended } = this.#encode(batch, firstId)
    const takesMore = text === '' || this.#write(text)
    const last = batch.at(-1)
    if (failure !== undefined) {
      this.#report(failure)
      this.stop()
      this.#reader.cancel(failure)
      this.#body.breakOff(failure)
    } else if (ended !== undefined) {
      this.#report(ended)
      this.#reader.cancel(ended)
      this.#close()
    } else if (isTerminal(last)) this.#close(last.type === 'error')
    else if (takesMore) this.next()
  }

  /**
   * An event that cannot be written, or a callback of the format that throws, fails the stream and
   * not the process.
   */
  #encode(batch: readonly StreamEvent[], firstId?: number | null): Encoded {
    try {
      const text = this.#encoder.encode(batch, firstId)
      return { text, failure: this.#encoder.failure, ended: this.#encoder.ended }
    } catch (error) {
      return { text: '', failure: StreamError.from(error) }
    }
  }

  #write(text: string): boolean {
    if (this.#heartbeat !== undefined) this.#heartbeat.sent = true
    const takesMore = this.#body.write(text)
    if (!takesMore) this.#timeout.wait()
    return takesMore
  }

  /** The client may take its time for a complete answer. That of a failed stream is not waited for. */
  #close(hasFailed = false): void {
    this.#end()
    this.#body.close()
    if (this.#body.pending() === 0) return this.#timeout.stop()
    this.#timeout.wait()
    if (hasFailed) this.#timeout.over()
  }
}

interface Encoded extends Pick<Encoder, 'failure' | 'ended'> {
  text: string
}
