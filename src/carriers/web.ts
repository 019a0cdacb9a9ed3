/**
 * Writes events to Web streams and responses.
 *
 * @module
 */

import { checkOptions, checkValue, limit } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import type { BatchReader } from '../core/event-feed.js'
import { readBatches } from '../core/read-batches.js'
import { headersOf } from '../http/headers.js'
import { type Body, BodyWriter, type ReaderOptions, type WriterSettings } from './body-writer.js'
import { checkArguments } from './check-arguments.js'
import { type ReadAhead, readUntilStatus } from './early-status.js'
import { reportFailures } from './failure-report.js'
import { failureResponse } from './failure-response.js'
import { defaultReaderTimeoutMs } from './reader-timeout.js'

/**
 * The bytes of a stream in a format. Nothing is read before the first pull. What came in one
 * network chunk leaves as one chunk. A slow reader holds the provider back, and cancelling closes
 * the connection to it.
 *
 * @throws TypeError for anything that is not a stream or a format
 */
export function toReadableStream(
  events: AsyncIterable<StreamEvent>,
  format: Format,
  options: ReaderOptions = {},
): ReadableStream<Uint8Array> {
  checkArguments(events, format)
  checkOptions('options', options, { readerTimeoutMs: limit })
  const reader = readBatches(events)
  return bodyOf(reader, format, { ...options, report: reportFailures(reader) })
}

/** Status and headers of a Web response. */
export interface WebResponseInit extends ResponseInit, ReaderOptions {}

/**
 * A Web response that streams the events in a format.
 *
 * With `plainText()` or `sse({ earlyStatus: true })`, this waits for the first content. A failure
 * before it becomes the status (429, 502, 503, 504 and so on), with `retry-after` if the provider
 * sent one. During that wait the response has no body yet, so a client that disconnects goes
 * unnoticed: abort the stream by the request's signal.
 *
 * @param init - status and further headers, which override the format's
 * @throws TypeError for anything that is not a stream or a format
 * @throws TypeError or RangeError for a status or headers that a response cannot have
 */
export async function toResponse(
  events: AsyncIterable<StreamEvent>,
  format: Format,
  init: WebResponseInit = {},
): Promise<Response> {
  checkArguments(events, format)
  // The init of some runtimes has more fields.
  checkValue('init.readerTimeoutMs', init.readerTimeoutMs, limit)
  const reader = readBatches(events)
  const report = reportFailures(reader)
  const readAhead = await readUntilStatus(reader, format)
  try {
    return respond(reader, format, { readAhead, report }, init)
  } catch (error) {
    // A status or headers that a response cannot have.
    reader.cancel(error)
    throw error
  }
}

function respond(
  reader: BatchReader,
  format: Format,
  { readAhead, report }: WriterSettings & { readAhead: ReadAhead },
  { readerTimeoutMs = defaultReaderTimeoutMs, ...init }: WebResponseInit,
): Response {
  const { failure } = readAhead
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
  const headers = merge({ 'content-type': format.contentType, ...format.headers }, init.headers)
  const body = bodyOf(reader, format, { readAhead, readerTimeoutMs, report })
  return new Response(body, { ...init, headers })
}

/** The caller's headers, and those of the base that the caller has not set. */
function merge(base: Record<string, string>, over: HeadersInit | undefined): Headers {
  const headers = headersOf(refuseHeader, over)
  for (const [name, value] of Object.entries(base)) {
    if (!headers.has(name)) headers.set(name, value)
  }
  return headers
}

function refuseHeader(name: string): TypeError {
  return new TypeError(
    `Option "init.headers.${name}" has an invalid value (not shown). Allowed: a string that HTTP can carry, without line breaks.`,
  )
}

function bodyOf(
  reader: BatchReader,
  format: Format,
  settings: WriterSettings,
): ReadableStream<Uint8Array> {
  // No read-ahead by the stream: without a reader, nothing is requested from the provider.
  return new ReadableStream(new WebBody(reader, format, settings), { highWaterMark: 0 })
}

/** After more characters than this at once, others get a turn of the event loop. */
const longText = 1024 * 1024

class WebBody implements UnderlyingDefaultSource<Uint8Array>, Body {
  readonly #reader: BatchReader
  readonly #writer: BodyWriter
  readonly #utf8 = new TextEncoder()
  #wasLong = false
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor(reader: BatchReader, format: Format, settings: WriterSettings) {
    this.#reader = reader
    this.#writer = new BodyWriter(reader, format, this, settings)
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
  }

  pull(): void | Promise<void> {
    if (!this.#wasLong) return this.#writer.next()
    this.#wasLong = false
    return new Promise<void>((resolve) => setTimeout(resolve)).then(() => this.#writer.next())
  }

  cancel(reason: unknown): void {
    this.#writer.stop()
    this.#reader.cancel(reason)
  }

  isReady(): boolean {
    return (this.#controller?.desiredSize ?? 0) >= 0
  }

  /** What it takes next, it asks for by `pull`. */
  write(text: string): boolean {
    this.#controller?.enqueue(this.#utf8.encode(text))
    this.#wasLong = text.length > longText
    return false
  }

  /** Whoever wants more pulls, so nothing is left to look at. Once it is closed, nobody waits for it. */
  pending(): number {
    return 0
  }

  close(): void {
    this.#controller?.close()
  }

  destroy(failure: StreamError): void {
    this.breakOff(failure)
  }

  breakOff(failure: StreamError): void {
    this.#controller?.error(failure.toPublic())
  }
}
