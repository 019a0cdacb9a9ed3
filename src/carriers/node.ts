/**
 * Events into Node's HTTP responses.
 *
 * @module
 */

import type { ServerResponse } from 'node:http'
import type { BatchReader, Receive } from '../core/batches.js'
import { readBatches } from '../core/stream.js'
import type { Encoder, Format, StreamEvent } from '../types.js'
import { begin, failureResponse, formatHeaders } from './begin.js'
import { Heartbeat } from './heartbeat.js'

export interface NodeResponseInit {
  /** @default 200 */
  status?: number
  /** Further headers, which override the format's. */
  headers?: Record<string, string>
}

/**
 * Writes a stream to a Node response: that of `node:http` and Express, Koa's `ctx.res`, Fastify's `reply.raw`. A slow client
 * holds the provider back, and a client that leaves closes the connection to it. Headers set on the response before are kept.
 *
 * @returns a promise that resolves when the response has ended, however it ended; it never rejects
 */
export async function pipeToNode(
  events: AsyncIterable<StreamEvent>,
  response: ServerResponse,
  format: Format,
  init: NodeResponseInit = {},
): Promise<void> {
  const reader = readBatches(events)
  const left = new Promise<void>((resolve) => {
    const onClose = (): void => {
      reader.cancel('The client has left.')
      resolve()
    }
    if (response.destroyed) onClose()
    else response.once('close', onClose)
  })
  // A write to a socket that has just broken emits `error`; the `close` that follows it is what counts.
  response.on('error', () => {})
  const { held, firstId, failure } = await begin(reader, format)
  if (response.destroyed) return
  if (failure !== undefined) {
    const { status, headers, body } = failureResponse(failure, format)
    response.writeHead(status, headers).end(body)
  } else {
    response.writeHead(init.status ?? 200, { ...formatHeaders(format), ...init.headers })
    // The client learns at once that it is answered, also when the first token takes long.
    response.flushHeaders()
    new Writer(reader, response, format).begin(held, firstId)
  }
  return left
}

class Writer {
  readonly #reader: BatchReader
  readonly #response: ServerResponse
  readonly #encoder: Encoder
  readonly #heartbeat: Heartbeat

  constructor(reader: BatchReader, response: ServerResponse, format: Format) {
    this.#reader = reader
    this.#response = response
    this.#encoder = format.encoder()
    this.#heartbeat = new Heartbeat(format, (text) => {
      if (!response.writableNeedDrain) this.#write(text)
    })
    response.on('drain', this.#onDrain)
    response.once('close', () => this.#heartbeat.stop())
  }

  begin(held: readonly StreamEvent[], firstId: number | null | undefined): void {
    if (held.length > 0) this.#onBatch(held, firstId)
    else this.#read()
  }

  #read(): void {
    this.#reading = true
    this.#reader.read(this.#onBatch)
  }

  /** A heartbeat can fill the socket while a read is pending: then the drain must not read a second time. */
  #reading = false

  readonly #onDrain = (): void => {
    if (!this.#reading) this.#read()
  }

  readonly #onBatch: Receive = (batch, firstId) => {
    this.#reading = false
    const response = this.#response
    if (response.destroyed) return
    if (batch === null) return this.#end()
    const text = this.#encoder.encode(batch, firstId)
    const ready = text === '' || this.#write(text)
    if (this.#encoder.failure !== undefined) {
      this.#reader.cancel(this.#encoder.failure)
      response.destroy()
      return
    }
    const last = batch.at(-1)?.type
    if (last === 'complete' || last === 'error') this.#end()
    else if (ready) this.#read()
  }

  #write(text: string): boolean {
    this.#heartbeat.sent = true
    return this.#response.write(text)
  }

  #end(): void {
    this.#reading = true
    this.#heartbeat.stop()
    this.#response.end()
  }
}
