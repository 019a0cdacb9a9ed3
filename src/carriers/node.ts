/**
 * Writes events to Node's HTTP responses.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import {
  checkOptions,
  checkValue,
  has,
  isInteger,
  limit,
  type Rules,
  record,
  required,
  rule,
} from '../base/check-options.js'
import type { StreamEvent } from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import type { BatchReader } from '../core/event-feed.js'
import { readBatches } from '../core/read-batches.js'
import { type Body, BodyWriter, type ReaderOptions, type WriterSettings } from './body-writer.js'
import { checkArguments } from './check-arguments.js'
import { readUntilStatus } from './early-status.js'
import { reportFailures } from './failure-report.js'
import { type FailureResponse, failureResponse } from './failure-response.js'
import { defaultReaderTimeoutMs } from './reader-timeout.js'

/** As returned by `response.getHeaders()` and by Fastify's `reply.getHeaders()`. */
type HeaderValues = Record<string, string | number | readonly string[] | undefined>

/** Status and headers of a response. */
export interface NodeResponseInit extends ReaderOptions {
  /** @default 200 */
  status?: number
  /** Further headers, which override the format's. */
  headers?: HeaderValues
}

/**
 * The responses of `node:http` and `node:http2`, and the `flush` that compressing middleware adds.
 */
type Response = ServerResponse & {
  flush?: () => void
  stream?: Http2ServerResponse['stream']
}

const rules: Rules<NodeResponseInit> = {
  status: rule('a status from 200 to 599', (value) => isInteger(value, 200, 599)),
  headers: record,
  readerTimeoutMs: limit,
}

const responseRule = required(
  rule(
    'a response of node:http or node:http2: res of Express, ctx.res of Koa, reply.raw of Fastify',
    (value) => has(value, 'writeHead'),
  ),
)

/**
 * Writes a stream to a Node response: that of `node:http`, `node:http2` and Express, Koa's
 * `ctx.res`, Fastify's `reply.raw`. A slow client holds the provider back, and a client that
 * disconnects closes the connection to it. Headers that are already set on the response are kept.
 *
 * @returns a promise that resolves when the response ends for any reason
 * @throws TypeError for anything that is not a stream, a response or a format, and for a response
 * whose headers have been sent. Later failures are never thrown
 */
export async function pipeToNode(
  events: AsyncIterable<StreamEvent>,
  target: ServerResponse | Http2ServerResponse,
  format: Format,
  init: NodeResponseInit = {},
): Promise<void> {
  checkArguments(events, format)
  checkValue('response', target, responseRule)
  checkOptions('init', init, rules)
  const response = target as Response
  if (response.headersSent) {
    throw new TypeError(
      'The headers of the response have already been sent. Pass a response that has not begun.',
    )
  }
  const reader = readBatches(events)
  const report = reportFailures(reader)
  let gone = false
  const left = new Promise<void>((resolve) => {
    const onClose = (): void => {
      gone = true
      reader.cancel('The client has disconnected.')
      resolve()
    }
    if (response.destroyed) onClose()
    else response.once('close', onClose)
  })
  // A write to a socket that has just broken emits `error`; the `close` that follows it is what
  // counts.
  response.on('error', () => {})
  const readAhead = await readUntilStatus(reader, format)
  if (gone) return
  try {
    if (readAhead.failure === undefined)
      start(reader, response, format, init, { readAhead, report })
    else fail(response, failureResponse(readAhead.failure, format), init)
  } catch (error) {
    // Headers that Node refuses.
    reader.cancel(error)
    throw error
  }
  return left
}

function start(
  reader: BatchReader,
  response: Response,
  format: Format,
  { status = 200, headers = {}, readerTimeoutMs = defaultReaderTimeoutMs }: NodeResponseInit,
  settings: WriterSettings,
): void {
  setHeaders(response, { 'content-type': format.contentType, ...format.headers })
  setHeaders(response, headers)
  response.writeHead(status)
  // The client receives the headers at once, even if the first token takes long.
  response.flushHeaders()
  const body = new NodeBody(response)
  const writer = new BodyWriter(reader, format, body, { ...settings, readerTimeoutMs })
  response.on('drain', () => writer.next())
  // Before the stream is cancelled, which answers a pending read.
  response.prependOnceListener('close', () => writer.stop())
  writer.next()
}

function fail(
  response: Response,
  { status, headers, body }: FailureResponse,
  init: NodeResponseInit,
): void {
  setHeaders(response, init.headers ?? {})
  setHeaders(response, headers)
  response.writeHead(status).end(body)
}

/** One by one: `writeHead` would send both of two names that differ only in case. */
function setHeaders(response: Response, headers: HeaderValues): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value)
  }
}

class NodeBody implements Body {
  readonly #response: Response

  constructor(response: Response) {
    this.#response = response
  }

  isReady(): boolean {
    return !this.#response.writableNeedDrain
  }

  write(text: string): boolean {
    const takesMore = this.#response.write(text)
    this.#response.flush?.()
    return takesMore
  }

  /**
   * The size of the response's own queue changes with whole writes only. libuv counts the bytes
   * that the kernel has not taken, by which Node's own socket timeout goes as well.
   */
  pending(): number {
    const { socket, stream, writableLength } = this.#response
    // oxlint-disable-next-line no-underscore-dangle
    const handle = (socket as { _handle?: { writeQueueSize?: number } } | null)?._handle
    return (stream ?? { writableLength }).writableLength + (handle?.writeQueueSize ?? 0)
  }

  close(): void {
    this.#response.end()
  }

  breakOff(): void {
    const { socket, req } = this.#response
    // HTTP/2: the streams of a connection are broken off one by one.
    if (this.#response.stream !== undefined) this.#response.stream.close(internalError)
    else if (socket === null) this.#response.destroy()
    // Without chunks, the end of the connection is the end of the body. nginx speaks HTTP/1.0 to
    // the servers behind it.
    else if (req.httpVersion === '1.0') socket.resetAndDestroy()
    else socket.destroySoon()
  }

  destroy(): void {
    if (this.#response.stream === undefined) this.#response.destroy()
    else this.#response.stream.close(cancelled)
  }
}

/** NGHTTP2_CANCEL */
const cancelled = 8

/** NGHTTP2_INTERNAL_ERROR */
const internalError = 2
