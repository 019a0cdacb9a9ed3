/**
 * One attempt over HTTP: sends the request, reads the body, and decides how it ended.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { ContentEvent, Usage } from '../base/events.js'
import type { OpenContext, Resumption, Sink, Source } from '../pull/source.js'
import { cancelBody, readerOf } from './body.js'
import { drain } from './drain.js'
import { isErrorObject } from './error-body.js'
import { requestIdOf } from './headers.js'
import { providerError } from './provider-error.js'
import { networkError, parseJson, requestError } from './request-error.js'
import { ServerSentEventReader } from './sse.js'
import type { WireDecoder } from './wire-decoder.js'

/** Sends the request of one attempt. It rejects with a StreamError, or with whatever `fetch` rejects with. */
export type Send = (signal: AbortSignal) => Promise<Response>

/** A response that the provider goes on with when its connection is lost. */
export interface LastingResponse {
  /** Asks for what follows the last event that was read; undefined for a response that does not last. */
  resume(): Send | undefined
  /** Ends it at the provider. */
  cancel(): void
}

/** How much of a body that holds no event is kept, in bytes, to find out what it is. */
const maxForeignBody = 64 * 1024

/** The source of one response. */
export class HttpSource implements Source {
  readonly #provider: string
  readonly #send: Send
  readonly #decoder: WireDecoder
  readonly #context: OpenContext
  readonly #lasting: LastingResponse | undefined
  readonly #controller = new AbortController()
  readonly #events = new ServerSentEventReader((data, event) => this.#onEvent(data, event))
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #response: Response | undefined
  #sink: Sink | undefined
  /** What the chunk that is being read has held so far. */
  #content: ContentEvent[] = []
  /** The beginning of a body in which no event has been found yet. */
  #prologue: Uint8Array[] | undefined = []
  #prologueLength = 0
  /** The failure that follows the content which has just been delivered. */
  #failure: StreamError | undefined
  /** Nothing is read or answered any more. */
  #over = false
  /** It is the connection that failed, not the response. */
  #lost = false

  constructor(
    provider: string,
    send: Send,
    decoder: WireDecoder,
    context: OpenContext,
    lasting?: LastingResponse,
  ) {
    this.#lasting = lasting
    this.#provider = provider
    this.#send = send
    this.#decoder = decoder
    this.#context = context
  }

  pull(sink: Sink): void {
    this.#sink = sink
    if (this.#failure !== undefined) this.#fail(this.#failure)
    else if (this.#decoder.ended) this.#end()
    else if (this.#reader !== undefined) this.#reader.read().then(this.#onChunk, this.#onDrop)
    else this.#request().then(this.#onResponse, this.#onRefused)
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#lost = true
    this.#abort()
  }

  finished(): Completion | undefined {
    return this.#decoder.finished()
  }

  usage(): Usage {
    return this.#decoder.usage()
  }

  resumption(): Resumption | undefined {
    const lasting = this.#lost ? this.#lasting : undefined
    const send = lasting?.resume()
    if (lasting === undefined || send === undefined) return undefined
    return {
      // The decoder goes on where it is, so blocks and items keep their numbers.
      open: (context) => new HttpSource(this.#provider, send, this.#decoder, context, lasting),
      cancel: () => lasting.cancel(),
    }
  }

  async #request(): Promise<Response> {
    return this.#send(this.#controller.signal)
  }

  readonly #onResponse = (response: Response): void => {
    if (this.#over) return cancelBody(response)
    this.#response = response
    const contentType = response.headers.get('content-type') ?? ''
    if (contentType.startsWith('application/vnd.amazon.eventstream')) {
      return this.#fail(
        this.#protocolError(
          `the body is ${contentType}, not server-sent events. Use a client that turns it into them`,
        ),
      )
    }
    try {
      this.#reader = readerOf(response)
    } catch (error) {
      return this.#fail(error as StreamError)
    }
    if (this.#reader === undefined) return this.#end()
    this.#reader.read().then(this.#onChunk, this.#onDrop)
  }

  readonly #onRefused = (thrown: unknown): void => {
    if (this.#over) return
    const error = requestError(thrown, this.#provider)
    this.#lost = error.retryable && error.code !== 'interrupted'
    this.#fail(error)
  }

  readonly #onChunk = (result: ReadableStreamReadResult<Uint8Array>): void => {
    if (this.#over) return
    if (!result.done) {
      this.#context.onBytes()
      if (this.#prologue !== undefined) this.#remember(result.value)
    }
    try {
      if (result.done) this.#events.end()
      else this.#events.feed(result.value)
    } catch (error) {
      this.#failure = this.#whileReading(error, result.done)
    }
    let content = this.#content
    if (content.length > 0) {
      // An array that grew has room for 17 events. One for a single event saves a tenth of the memory that an event takes.
      if (content.length === 1) content = [content.pop() as ContentEvent]
      else this.#content = []
      if (result.done) this.#failure ??= this.#missingEnd()
      return this.#take().batch(content)
    }
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (result.done || this.#decoder.ended) return this.#end()
    this.#reader?.read().then(this.#onChunk, this.#onDrop)
  }

  readonly #onDrop = (error: unknown): void => {
    if (this.#over) return
    if (this.#decoder.finished() !== undefined) return this.#end()
    this.#lost = true
    this.#fail(networkError(error, this.#provider, 'while the answer was being read'))
  }

  #onEvent(data: string, event: string | undefined): void {
    this.#prologue = undefined
    // What follows the end of the answer in the same chunk is not part of it.
    if (!this.#decoder.ended) this.#decoder.decode(data, event, this.#content)
  }

  /** The body is over, or nothing of meaning can follow. */
  #end(): void {
    const completion = this.#decoder.finished()
    if (completion === undefined) return this.#fail(this.#missingEnd() as StreamError)
    this.#over = true
    if (this.#reader === undefined) this.#abort()
    else drain(this.#reader, () => this.#abort())
    this.#take().done(completion)
  }

  #fail(error: StreamError): void {
    this.#over = true
    this.#abort()
    this.#take().fail(error)
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    return sink
  }

  #abort(): void {
    queueMicrotask(abortOf(this.#controller))
    // An injected fetch may not listen to the signal.
    if (this.#reader !== undefined) this.#reader.cancel().catch(() => {})
    else cancelBody(this.#response)
  }

  /** What is thrown while a chunk is parsed. */
  #whileReading(error: unknown, atEnd: boolean): StreamError | undefined {
    // A decoder throws nothing else, unless the data is absurd: JSON nested too deep to be written again, for example.
    const known = StreamError.is(error)
      ? error
      : this.#protocolError(`the answer cannot be read: ${String(error)}`)
    // The last event of a body that was cut cannot be read, which says nothing but that it was cut.
    if (atEnd && known.code === 'protocol') return this.#missingEnd()
    return known
  }

  /** The error of a body that ended; undefined if it held a terminal marker. */
  #missingEnd(): StreamError | undefined {
    if (this.#decoder.finished() !== undefined) return undefined
    const foreign = this.#prologueLength > 0 && this.#prologue !== undefined
    const error = foreign ? this.#foreignBody() : undefined
    if (error !== undefined) return error
    this.#lost = true
    return new StreamError(
      'interrupted',
      `${this.#provider}: the answer ended without the marker that says it is complete.`,
      { provider: this.#provider, requestId: requestIdOf(this.#response?.headers) },
    )
  }

  #remember(chunk: Uint8Array): void {
    if (this.#prologueLength < maxForeignBody) this.#prologue?.push(chunk)
    this.#prologueLength += chunk.length
  }

  /**
   * The error of a body with status 200 that held bytes and not one event: an error as JSON, a page of a proxy, a whole answer. Undefined
   * where it broke off before its first event was whole.
   */
  #foreignBody(): StreamError | undefined {
    const decoder = new TextDecoder()
    const text = (this.#prologue ?? [])
      .map((chunk) => decoder.decode(chunk, { stream: true }))
      .join('')
    if (beginnings.some((each) => text.startsWith(each) || each.startsWith(text))) return undefined
    const body = parseJson(text)
    if (holdsError(body)) {
      return providerError({ provider: this.#provider, body, headers: this.#response?.headers })
    }
    const contentType = this.#response?.headers.get('content-type') ?? 'no content type'
    const excerpt = text.trim().slice(0, 200)
    return this.#protocolError(
      `the body (${contentType}) holds no server-sent events. It begins with: ${excerpt}`,
    )
  }

  #protocolError(what: string): StreamError {
    return new StreamError('protocol', `${this.#provider}: ${what}.`, {
      provider: this.#provider,
      requestId: requestIdOf(this.#response?.headers),
      status: this.#response?.status,
    })
  }
}

/** What server-sent events begin with: the names of their fields, and comments. */
const beginnings = ['data:', 'event:', 'id:', 'retry:', ':']

/** Why every signal aborts: one error for all, because making one takes 5 us. */
let over: DOMException | undefined

/**
 * To be called from an empty stack. An error that is made for an abort holds everything that stands on the stack until somebody reads
 * it, and the Anthropic SDK (1.12) makes one, which it holds for as long as the body is reachable: through this attempt, it would be
 * for ever.
 */
function abortOf(controller: AbortController): () => void {
  return () => {
    over ??= new DOMException('The attempt is over.', 'AbortError')
    controller.abort(over)
  }
}

/** Gemini wraps its errors in an array. */
function holdsError(body: unknown): boolean {
  const value: unknown = Array.isArray(body) ? body[0] : body
  if (typeof value !== 'object' || value === null) return false
  return isErrorObject(value) || 'detail' in value
}
