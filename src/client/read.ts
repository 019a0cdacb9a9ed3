/**
 * A response that was written with `sse()`, read back as events.
 *
 * @module
 */

import { type EventSink, type EventSource, Stream } from '../core/stream.js'
import { StreamError } from '../errors.js'
import { parseEvent } from '../formats/parse-event.js'
import { networkError, parseJson } from '../transport/request-error.js'
import { ServerSentEventReader } from '../transport/sse.js'
import type { EventStream, StreamEvent, Usage } from '../types.js'

/**
 * The events of a response. A connection that is cut before the last event ends in an `error` of code `interrupted` or
 * `network`, never in silence; a response that is not 2xx becomes the error it carries. Errors hold the public sentence for
 * their code.
 *
 * @example
 * ```ts
 * for await (const event of readStream(await fetch('/ai/sse', { method: 'POST', body }))) {
 *   if (event.type === 'content' && event.kind === 'text') show(event.text)
 * }
 * ```
 */
export function readStream(response: Response): EventStream {
  return new Stream({ open: () => new ResponseSource(response) })
}

class ResponseSource implements EventSource {
  readonly #response: Response
  readonly #parser = new ServerSentEventReader((data) => this.#onEvent(data))
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #sink: EventSink | undefined
  #events: StreamEvent[] = []
  #ended = false
  #failure: StreamError | undefined
  #closed = false

  constructor(response: Response) {
    this.#response = response
  }

  pull(sink: EventSink): void {
    this.#sink = sink
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (this.#reader === undefined && !this.#begin()) return
    this.#reader?.read().then(this.#onChunk, this.#onDrop)
  }

  close(): void {
    this.#closed = true
    if (this.#reader === undefined) this.#response.body?.cancel().catch(() => {})
    else this.#reader.cancel().catch(() => {})
  }

  finished(): undefined {
    return undefined
  }

  usage(): Usage {
    return {}
  }

  #begin(): boolean {
    const { ok, status, body, headers } = this.#response
    const contentType = headers.get('content-type') ?? ''
    if (!ok) {
      this.#response.text().then(
        (text) => this.#fail(failedResponse(text, status)),
        () => this.#fail(failedResponse('', status)),
      )
      return false
    }
    if (body === null || !contentType.startsWith('text/event-stream')) {
      const message = `The response is ${contentType || 'without a content type'}, not text/event-stream: write it with sse() to read it back.`
      this.#fail(new StreamError('protocol', message, { status }))
      return false
    }
    this.#reader = body.getReader()
    return true
  }

  readonly #onChunk = (result: ReadableStreamReadResult<Uint8Array>): void => {
    if (this.#closed) return
    try {
      // An event without its blank line is one that was cut.
      if (!result.done) this.#parser.feed(result.value)
    } catch (error) {
      this.#failure = StreamError.from(error)
    }
    if (this.#events.length > 0) {
      const events = this.#events
      this.#events = []
      if (this.#ended) this.close()
      return this.#sink?.events(events)
    }
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (!result.done) return void this.#reader?.read().then(this.#onChunk, this.#onDrop)
    this.#fail(new StreamError('interrupted', 'The connection ended before the last event.'))
  }

  readonly #onDrop = (error: unknown): void => {
    if (this.#closed) return
    this.#fail(networkError(error, 'server', 'while the events were being read'))
  }

  #onEvent(data: string): void {
    if (this.#ended) return
    const event = parseEvent(data)
    if (event === undefined) return
    this.#events.push(event)
    this.#ended = event.type === 'complete' || event.type === 'error'
  }

  #fail(error: StreamError): void {
    if (this.#closed) return
    this.close()
    this.#sink?.fail(error)
  }
}

/** The body is `{ error }`, as `toResponse` writes it, or somebody else's. */
function failedResponse(text: string, status: number): StreamError {
  const body = parseJson(text)
  const error =
    typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  const json = typeof error === 'object' && error !== null ? error : {}
  if ('code' in json) return StreamError.fromJSON({ ...json, status })
  const code = status === 429 ? 'rate-limit' : status >= 500 ? 'server' : 'invalid-request'
  return new StreamError(code, `The server answered with status ${status}.`, { status })
}
