/**
 * Events into Node's HTTP responses.
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
  type Rules,
  record,
  required,
  rule,
} from '../base/check-options.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import type { BatchReader, Receive } from '../core/iterable-reader.js'
import { readBatches } from '../core/read-batches.js'
import { checkArguments } from './check-arguments.js'
import {
  type Beginning,
  begin,
  encodeBatch,
  failureResponse,
  formatHeaders,
  isLast,
} from './early-status.js'
import { Heartbeat } from './heartbeat.js'

/** As `response.getHeaders()` has them, and Fastify's `reply.getHeaders()`. */
type HeaderValues = Record<string, string | number | readonly string[] | undefined>

/** How a response begins. */
export interface NodeResponseInit {
  /** @default 200 */
  status?: number
  /** Further headers, which override the format's. */
  headers?: HeaderValues
}

/** Both kinds as one, and the `flush` of middleware that compresses. */
type Response = ServerResponse & {
  flush?: () => void
  stream?: Http2ServerResponse['stream']
}

const rules: Rules<NodeResponseInit> = {
  status: rule('a status from 200 to 599', (value) => isInteger(value, 200, 599)),
  headers: record,
}

const responseRule = required(
  rule(
    'a response of node:http or node:http2: res of Express, ctx.res of Koa, reply.raw of Fastify',
    (value) => has(value, 'writeHead'),
  ),
)

/**
 * Writes a stream to a Node response: that of `node:http`, `node:http2` and Express, Koa's `ctx.res`, Fastify's `reply.raw`. A slow client
 * holds the provider back, and a client that leaves closes the connection to it. Headers set on the response before are kept.
 *
 * @returns a promise that resolves when the response has ended, however it ended
 * @throws TypeError for what is no stream, response or format, and for a response that has started. What goes wrong later is never
 * thrown
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
      'The response has already started: its headers are sent. Pass one that has not started.',
    )
  }
  const reader = readBatches(events)
  let gone = false
  const left = new Promise<void>((resolve) => {
    const onClose = (): void => {
      gone = true
      reader.cancel('The client has left.')
      resolve()
    }
    if (response.destroyed) onClose()
    else response.once('close', onClose)
  })
  // A write to a socket that has just broken emits `error`; the `close` that follows it is what counts.
  response.on('error', () => {})
  const beginning = await begin(reader, format)
  if (gone) return
  try {
    if (beginning.failure === undefined) start(reader, response, format, init, beginning)
    else fail(response, failureResponse(beginning.failure, format), init)
  } catch (error) {
    // Headers that Node does not take.
    reader.cancel(error)
    throw error
  }
  return left
}

function start(
  reader: BatchReader,
  response: Response,
  format: Format,
  { status = 200, headers = {} }: NodeResponseInit,
  { held, firstId }: Beginning,
): void {
  setHeaders(response, formatHeaders(format))
  setHeaders(response, headers)
  response.writeHead(status)
  // The client learns at once that it is answered, also when the first token takes long.
  response.flushHeaders()
  new Writer(reader, response, format).begin(held, firstId)
}

function fail(
  response: Response,
  { status, headers, body }: ReturnType<typeof failureResponse>,
  init: NodeResponseInit,
): void {
  setHeaders(response, init.headers ?? {})
  setHeaders(response, headers)
  response.writeHead(status).end(body)
}

/** One by one: `writeHead` would send both of two that differ in case. */
function setHeaders(response: Response, headers: HeaderValues): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value)
  }
}

class Writer {
  readonly #reader: BatchReader
  readonly #response: Response
  readonly #encoder: Encoder
  readonly #heartbeat: Heartbeat
  /** Nothing is read: the response has ended, or the client has left. */
  #over = false
  /** A heartbeat can fill the socket while a read is pending: then the drain must not read a second time. */
  #reading = false

  constructor(reader: BatchReader, response: Response, format: Format) {
    this.#reader = reader
    this.#response = response
    this.#encoder = format.encoder()
    this.#heartbeat = new Heartbeat(format, (text) => {
      if (!response.writableNeedDrain) this.#write(text)
    })
    response.on('drain', this.#onDrain)
    // Before the stream is cancelled, which answers the read that waits.
    response.prependOnceListener('close', () => this.#end())
  }

  begin(held: readonly StreamEvent[], firstId: number | null | undefined): void {
    if (held.length > 0) this.#onBatch(held, firstId)
    else this.#read()
  }

  #read(): void {
    this.#reading = true
    this.#reader.read(this.#onBatch)
  }

  readonly #onDrain = (): void => {
    if (!this.#reading && !this.#over) this.#read()
  }

  readonly #onBatch: Receive = (batch, firstId) => {
    this.#reading = false
    if (this.#over) return
    if (batch === null) return this.#finish()
    const { text, failure, ended } = encodeBatch(this.#encoder, batch, firstId)
    const ready = text === '' || this.#write(text)
    if (failure !== undefined) {
      this.#end()
      this.#reader.cancel(failure)
      breakOff(this.#response)
    } else if (ended !== undefined) {
      this.#reader.cancel(ended)
      this.#finish()
    } else if (isLast(batch)) this.#finish()
    else if (ready) this.#read()
  }

  #write(text: string): boolean {
    this.#heartbeat.sent = true
    const ready = this.#response.write(text)
    this.#response.flush?.()
    return ready
  }

  #finish(): void {
    this.#end()
    this.#response.end()
  }

  #end(): void {
    this.#over = true
    this.#heartbeat.stop()
  }
}

/** NGHTTP2_INTERNAL_ERROR */
const internalError = 2

/** Ends the body in a way that nobody takes for its end. What was written before still arrives. */
function breakOff(response: Response): void {
  const { socket, req } = response
  // HTTP/2: the streams of a connection are broken off one by one.
  if (response.stream !== undefined) response.stream.close(internalError)
  else if (socket === null) response.destroy()
  // Without chunks the end of the connection is the end of the body: nginx speaks HTTP/1.0 to servers behind it.
  else if (req.httpVersion === '1.0') socket.resetAndDestroy()
  else socket.destroySoon()
}
