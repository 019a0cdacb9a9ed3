/**
 * Reads the events of one response.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isTerminal, type StreamEvent } from '../base/events.js'
import type { EventOrigin, EventSink } from '../core/event-feed.js'
import { parseEvent } from '../formats/parse-event.js'
import { cancelBody, readerOf } from '../http/body.js'
import type { BodyReader } from '../http/body-reader.js'
import { drain } from '../http/drain.js'
import { LineReader } from '../http/lines.js'
import { readStart } from '../http/request-error.js'
import { type DataEvent, parseDataEvent } from './data-event.js'
import { EventReader } from './event-reader.js'
import { bodyOf, connectionError, serverError, statusError } from './server-error.js'

/** Receives the progress of a response that is one of several in a stream. */
export interface ResponseListener {
  /** Called for each chunk, whatever it contains. */
  onBytes(): void
  /** Called when the server requests a wait before the next connection, in milliseconds. */
  onRetry(delayMs: number): void
  /** Called for each event of the application. */
  onData(event: DataEvent): void
  /**
   * @param id - undefined for an event that has none
   * @returns false for an event that must not be delivered
   * @throws StreamError to end the response after the events before it
   */
  accept(event: StreamEvent, id: string | undefined): boolean
}

export class ResponseSource implements EventOrigin {
  readonly #response: Response
  readonly #listener: ResponseListener | undefined
  #parser: EventReader | LineReader
  #reader: BodyReader | undefined
  #sink: EventSink | undefined
  #events: StreamEvent[] = []
  #begun = false
  /** Whether the last event has been received. */
  #ended = false
  /** Delivered after the events that have just been delivered. */
  #failure: StreamError | undefined
  #closed = false

  constructor(response: Response, listener?: ResponseListener) {
    this.#response = response
    this.#listener = listener
    this.#parser = new EventReader(
      (data, id) => this.#onEvent(data, id),
      (delayMs) => listener?.onRetry(delayMs),
    )
  }

  pull(sink: EventSink): void {
    this.#sink = sink
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (!this.#begun && !this.#begin()) return
    this.#read()
  }

  close(): void {
    this.#closed = true
    if (this.#reader === undefined) cancelBody(this.#response)
    else this.#reader.cancel()
  }

  /** @returns false for a response that does not contain events */
  #begin(): boolean {
    this.#begun = true
    const { ok, status, headers } = this.#response
    const contentType = headers.get('content-type') ?? ''
    try {
      this.#reader = readerOf(this.#response)
    } catch (error) {
      this.#fail(error as StreamError)
      return false
    }
    if (ok && status !== 204 && this.#reader !== undefined) {
      if (contentType.startsWith('text/event-stream')) return true
      if (contentType.startsWith('application/x-ndjson')) {
        this.#parser = new LineReader((line) => this.#onEvent(line, undefined))
        return true
      }
    }
    void readStart(this.#reader).then((text) => this.#fail(this.#refusal(contentType, text)))
    return false
  }

  /** The error of a response that does not contain events. */
  #refusal(contentType: string, text: string): StreamError {
    const { ok, status } = this.#response
    if (!ok) return statusError(this.#response, text)
    if (status === 204) {
      const message = 'The server has nothing to send (status 204), but the last event is missing.'
      return serverError('interrupted', message, { status })
    }
    const message = `The response is ${contentType || 'without a content type'}, not text/event-stream or application/x-ndjson. Write it on the server with sse() or ndjson().`
    return serverError('protocol', message, { status, body: bodyOf(text) })
  }

  #read(): void {
    this.#reader?.read(this.#onChunk, this.#onDrop)
  }

  readonly #onChunk = (chunk: Uint8Array | undefined): void => {
    if (this.#closed) return
    try {
      // An event without its blank line was cut, so it is dropped.
      if (chunk !== undefined) {
        this.#listener?.onBytes()
        this.#parser.feed(chunk)
      }
    } catch (error) {
      this.#failure = StreamError.from(error)
    }
    if (this.#events.length > 0) {
      const events = this.#events
      this.#events = []
      if (this.#ended) this.#drain()
      return this.#sink?.events(events)
    }
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (chunk !== undefined) return this.#read()
    this.#fail(serverError('interrupted', 'The connection ended before the last event.'))
  }

  readonly #onDrop = (error: unknown): void => {
    if (this.#closed) return
    this.#fail(connectionError(error, 'while the events were being read'))
  }

  #onEvent(data: string, id: string | undefined): void {
    if (this.#ended) return
    const event = parseEvent(data)
    if (event === undefined) {
      const own = this.#listener && parseDataEvent(data)
      if (own !== undefined) this.#listener?.onData(own)
      return
    }
    if (this.#listener?.accept(event, id) === false) return
    this.#events.push(event)
    this.#ended = isTerminal(event)
  }

  #drain(): void {
    this.#closed = true
    if (this.#reader !== undefined) drain(this.#reader, () => this.close())
  }

  #fail(error: StreamError): void {
    if (this.#closed) return
    this.close()
    this.#sink?.fail(error)
  }
}
