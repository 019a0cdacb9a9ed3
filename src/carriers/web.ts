/**
 * Events into Web streams and responses.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import type { BatchReader, Receive } from '../core/event-feed.js'
import { readBatches } from '../core/read-batches.js'
import {
  type Beginning,
  begin,
  encodeBatch,
  failureResponse,
  formatHeaders,
  isLast,
} from './early-status.js'
import { Heartbeat } from './heartbeat.js'

/**
 * The bytes of a stream in a format. Nothing is read before the first pull; what came in one network chunk goes out as one
 * chunk; a slow reader holds the provider back, and cancelling closes the connection to it.
 */
export function toReadableStream(
  events: AsyncIterable<StreamEvent>,
  format: Format,
): ReadableStream<Uint8Array> {
  return body(readBatches(events), format, { held: [] })
}

/**
 * A Web response that streams the events in a format.
 *
 * With a format that wants it (`plainText()`, `sse({ earlyStatus: true })`), this waits for the first content, and a failure
 * before it becomes the status: 429, 502, 503, 504 and so on, with `retry-after` where the provider gave one. During that wait
 * there is no body whose cancellation could tell that the client has left: cancel the stream from the request's signal then.
 *
 * @param init - status and further headers, which override the format's
 * @throws TypeError or RangeError for a status or headers that no response takes
 */
export async function toResponse(
  events: AsyncIterable<StreamEvent>,
  format: Format,
  init: ResponseInit = {},
): Promise<Response> {
  const reader = readBatches(events)
  const beginning = await begin(reader, format)
  try {
    return respond(reader, format, beginning, init)
  } catch (error) {
    // A status or headers that no response takes.
    reader.cancel(error)
    throw error
  }
}

function respond(
  reader: BatchReader,
  format: Format,
  beginning: Beginning,
  init: ResponseInit,
): Response {
  const { failure } = beginning
  if (failure !== undefined) {
    const response = failureResponse(failure, format)
    const headers = merge(response.headers, init.headers)
    headers.set('content-type', response.headers['content-type'] as string)
    return new Response(response.body, {
      ...init,
      status: response.status,
      statusText: '',
      headers,
    })
  }
  const headers = merge(formatHeaders(format), init.headers)
  return new Response(body(reader, format, beginning), { ...init, headers })
}

/** The caller's headers, and those of the base that they leave open. */
function merge(base: Record<string, string>, over: HeadersInit | undefined): Headers {
  const headers = new Headers(over)
  for (const [name, value] of Object.entries(base)) {
    if (!headers.has(name)) headers.set(name, value)
  }
  return headers
}

function body(
  reader: BatchReader,
  format: Format,
  beginning: Beginning,
): ReadableStream<Uint8Array> {
  // No read-ahead: without a reader, nothing is asked of the provider.
  return new ReadableStream(new Body(reader, format, beginning), { highWaterMark: 0 })
}

class Body implements UnderlyingDefaultSource<Uint8Array> {
  readonly #reader: BatchReader
  readonly #format: Format
  readonly #encoder: Encoder
  readonly #utf8 = new TextEncoder()
  #beginning: Beginning
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #heartbeat: Heartbeat | undefined
  #reading = false
  /** Guards enqueue and close, which throw once the reader has gone. */
  #over = false

  constructor(reader: BatchReader, format: Format, beginning: Beginning) {
    this.#reader = reader
    this.#format = format
    this.#encoder = format.encoder()
    this.#beginning = beginning
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
    this.#heartbeat ??= new Heartbeat(this.#format, (text) => {
      if (this.#reading && (controller.desiredSize ?? 0) >= 0) this.#send(text)
    })
    const { held, firstId } = this.#beginning
    if (held.length > 0) {
      this.#beginning = { held: [] }
      return this.#onBatch(held, firstId)
    }
    // After a heartbeat the stream asks again although the last read has not been answered.
    if (this.#reading) return
    this.#reading = true
    this.#reader.read(this.#onBatch)
  }

  cancel(reason: unknown): void {
    this.#end()
    this.#reader.cancel(reason)
  }

  readonly #onBatch: Receive = (batch, firstId) => {
    this.#reading = false
    if (this.#over) return
    if (batch === null) {
      this.#end()
      return this.#controller?.close()
    }
    const { text, failure, ended } = encodeBatch(this.#encoder, batch, firstId)
    if (text !== '') this.#send(text)
    if (failure !== undefined) {
      this.#end()
      this.#reader.cancel(failure)
      return this.#controller?.error(failure.toPublic())
    }
    if (ended !== undefined) {
      this.#reader.cancel(ended)
      this.#end()
      this.#controller?.close()
    } else if (isLast(batch)) {
      this.#end()
      this.#controller?.close()
    } else if (text === '') {
      this.#reading = true
      this.#reader.read(this.#onBatch)
    }
  }

  #send(text: string): void {
    if (this.#heartbeat !== undefined) this.#heartbeat.sent = true
    this.#controller?.enqueue(this.#utf8.encode(text))
  }

  #end(): void {
    this.#over = true
    this.#heartbeat?.stop()
  }
}
