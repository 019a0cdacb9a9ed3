/**
 * One attempt over HTTP: sends the request, reads the body, and decides how it ended.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import {
  failureOf,
  StreamError,
  type StreamErrorCode,
  type StreamErrorOptions,
} from '../base/errors.js'
import type { ContentEvent, Usage } from '../base/events.js'
import { exceededBound } from '../base/json-bounds.js'
import type { AttemptDetails, OpenContext, Resumption, Sink, Source } from '../pull/source.js'
import type { BackgroundResponses } from './background.js'
import { cancelBody, readerOf } from './body.js'
import type { BodyReader } from './body-reader.js'
import { drain } from './drain.js'
import { type BodyFraming, type FrameReader, serverSentEvents } from './framing.js'
import { describe, type HeaderReader, requestIdOf } from './headers.js'
import { Prologue } from './prologue.js'
import { providerError } from './provider-error.js'
import { networkError, requestError, statusError, thrownHeaders } from './request-error.js'
import type { WireDecoder } from './wire-decoder.js'

/** One request and the way to read its response. */
export interface Exchange {
  provider: string
  framing: BodyFraming
  /** Sends the request. It rejects with a StreamError, or with whatever `fetch` rejects with. */
  send(signal: AbortSignal): Promise<Response>
  decoder: WireDecoder
  background?: BackgroundResponses | undefined
  /** The request is for a response that may be gone at the provider. */
  resumes?: boolean
  /** Called once the id of a response is known that can be resumed. */
  onId?: ((id: string) => void) | undefined
}

/** The source of one response. */
export class HttpSource implements Source {
  readonly #exchange: Exchange
  readonly #provider: string
  readonly #decoder: WireDecoder
  readonly #context: OpenContext
  readonly #controller = new AbortController()
  #framing: BodyFraming = serverSentEvents
  #frames: FrameReader | undefined
  #reader: BodyReader | undefined
  #response: Response | undefined
  /** Those of the response, of whatever status. */
  #headers: HeaderReader | undefined
  #sink: Sink | undefined
  /** The content of the current chunk so far. */
  #content: ContentEvent[] = []
  /** Present until a frame has been read. */
  #prologue: Prologue | undefined = new Prologue()
  /** The failure that follows the delivered content. */
  #failure: StreamError | undefined
  /** Whether nothing is read or answered any more. */
  #over = false
  /** Whether the connection failed, not the response. */
  #lost = false
  #onId: Exchange['onId']

  constructor(exchange: Exchange, context: OpenContext) {
    this.#exchange = exchange
    this.#provider = exchange.provider
    this.#decoder = exchange.decoder
    this.#context = context
    this.#onId = exchange.background && exchange.onId
  }

  pull(sink: Sink): void {
    this.#sink = sink
    if (this.#failure !== undefined) this.#fail(this.#failure)
    else if (this.#ended()) this.#end()
    else if (this.#reader !== undefined) this.#reader.read(this.#onChunk, this.#onDrop)
    else this.#request().then(this.#onResponse, this.#onRefused)
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#lost = true
    this.#abort()
  }

  finished(): Completion | undefined {
    return this.#decoder.finished() ?? undefined
  }

  details(): AttemptDetails {
    const raw = this.#decoder.raw?.()
    const id = this.finished()?.responseId ?? this.#decoder.responseId
    const response = describe(this.#headers, id)
    return { ...(raw && { raw }), ...(response && { response }) }
  }

  usage(): Usage {
    return this.#decoder.usage?.() ?? {}
  }

  resumption(): Resumption | undefined {
    const exchange = this.#exchange
    const { background } = exchange
    const position = this.#lost && background ? this.#decoder.position?.() : undefined
    if (background === undefined || position === undefined) return undefined
    const send = (signal: AbortSignal): Promise<Response> => background.resume(position, { signal })
    const cancel = async (): Promise<unknown> => background.cancel?.(position)
    return {
      // The decoder continues where it is, so blocks and items keep their numbers.
      open: (context) =>
        new HttpSource({ ...exchange, send, resumes: true, onId: undefined }, context),
      // If it fails, the response ends by itself.
      cancel: () => void cancel().catch(() => {}),
    }
  }

  async #request(): Promise<Response> {
    const response = await this.#exchange.send(this.#controller.signal)
    this.#headers = response.headers
    if (!response.ok) throw await statusError(response, this.#provider)
    return response
  }

  readonly #onResponse = (response: Response): void => {
    if (this.#over) return cancelBody(response)
    this.#response = response
    const contentType = response.headers.get('content-type') ?? ''
    const { framing } = this.#exchange
    if (contentType.startsWith(framing.contentType ?? '')) this.#framing = framing
    if (this.#framing === serverSentEvents && contentType.includes('.eventstream')) {
      return this.#fail(this.#protocolError(`this driver does not read ${contentType}`))
    }
    this.#frames = this.#framing.createReader(this.#onFrame, (body) => {
      if (!this.#ended()) throw this.#providerError(body)
    })
    try {
      this.#reader = readerOf(response)
    } catch (error) {
      return this.#fail(error as StreamError)
    }
    if (this.#reader === undefined) return this.#end()
    this.#reader.read(this.#onChunk, this.#onDrop)
  }

  readonly #onRefused = (thrown: unknown): void => {
    if (this.#over) return
    this.#headers ??= thrownHeaders(thrown)
    const error = requestError(thrown, this.#provider)
    this.#lost = error.retryable
    const isGone = this.#exchange.resumes && !error.retryable
    this.#fail(isGone ? this.#goneError(error) : error)
  }

  readonly #onChunk = (chunk: Uint8Array | undefined): void => {
    if (this.#over) return
    const atEnd = chunk === undefined
    try {
      if (atEnd) this.#frames?.end()
      else {
        this.#context.onBytes()
        this.#prologue?.add(chunk)
        this.#frames?.feed(chunk)
      }
    } catch (error) {
      this.#failure = this.#whileReading(error, atEnd)
    }
    if (this.#onId !== undefined) this.#announce(this.#onId)
    let content = this.#content
    if (content.length > 0) {
      // An array that grew has room for 17 events. One for a single event saves a tenth of the
      // memory that an event takes.
      if (content.length === 1) content = [content.pop() as ContentEvent]
      else this.#content = []
      if (atEnd) this.#failure ??= this.#missingEnd()
      return this.#take().batch(content)
    }
    if (this.#failure !== undefined) return this.#fail(this.#failure)
    if (atEnd || this.#ended()) return this.#end()
    this.#reader?.read(this.#onChunk, this.#onDrop)
  }

  #announce(onId: (id: string) => void): void {
    const position = this.#decoder.position?.()
    if (position === undefined) return
    this.#onId = undefined
    onId(position.id)
  }

  readonly #onDrop = (error: unknown): void => {
    if (this.#over) return
    if (this.finished() !== undefined) return this.#end()
    this.#lost = true
    this.#fail(networkError(error, this.#provider, 'while the answer was being read'))
  }

  readonly #onFrame = (data: string, event: string | undefined): void => {
    // Frames after the end of the answer in the same chunk are not part of it.
    if (!this.#ended()) {
      const exceeded = exceededBound(data)
      if (exceeded !== undefined) throw this.#protocolError(`an event of the stream ${exceeded}`)
      this.#decoder.decode(data, event, this.#content)
    }
    this.#prologue = undefined
  }

  #ended(): boolean {
    return this.#decoder.ended ?? this.finished() !== undefined
  }

  /** Ends the attempt: the body has ended, or nothing meaningful can follow. */
  #end(): void {
    const completion = this.finished()
    if (completion === undefined) return this.#fail(this.#missingEnd() as StreamError)
    if (completion.finishReason === undefined) {
      return this.#fail(this.#protocolError('the decoder finished without a finishReason'))
    }
    this.#over = true
    if (this.#reader === undefined) this.#abort()
    else drain(this.#reader, () => this.#abort())
    this.#take().done({ ...this.details(), ...completion })
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
    if (this.#reader !== undefined) this.#reader.cancel()
    else cancelBody(this.#response)
  }

  /** The error for a value that was thrown while a chunk was read. */
  #whileReading(error: unknown, atEnd: boolean): StreamError | undefined {
    const known = StreamError.is(error)
      ? error
      : (this.#foreignBody() ??
        this.#protocolError(`the answer cannot be read: ${String(error)}`, error))
    // The last frame of a cut body cannot be read, which means only that the body was cut.
    if (atEnd && known.code === 'protocol') return this.#missingEnd()
    return known
  }

  /** The error of a body that ended; undefined if it held a terminal event. */
  #missingEnd(): StreamError | undefined {
    if (this.finished() !== undefined) return undefined
    const error = this.#foreignBody()
    if (error !== undefined) return error
    this.#lost = true
    return this.#error('interrupted', 'the answer ended without its terminal event')
  }

  /** The error of a body with status 200 that held bytes and not one frame. */
  #foreignBody(): StreamError | undefined {
    const found = this.#prologue?.identify(this.#framing)
    if (found === undefined) return undefined
    if ('error' in found) return this.#providerError(found.error)
    const contentType = this.#response?.headers.get('content-type') ?? 'no content type'
    return this.#protocolError(
      `the body (${contentType}) holds no ${this.#framing.name}. It begins with: ${found.excerpt}`,
    )
  }

  #providerError(body: unknown): StreamError {
    const headers = this.#response?.headers
    return providerError({ provider: this.#provider, body, headers })
  }

  /** A response that is gone has to be requested again, which the next attempt does. */
  #goneError(cause: StreamError): StreamError {
    const { message, status, requestId } = cause
    const what = `the lost response cannot be resumed (${message})`
    return this.#error('interrupted', what, { status, requestId, cause })
  }

  #protocolError(what: string, cause?: unknown): StreamError {
    return this.#error('protocol', what, { status: this.#response?.status, cause })
  }

  #error(code: StreamErrorCode, what: string, more?: StreamErrorOptions): StreamError {
    const requestId = requestIdOf(this.#response?.headers)
    return failureOf(this.#provider, code, `${what}.`, { requestId, ...more })
  }
}

/** The reason of every abort: one error for all, because creating one takes 5 us. */
let over: DOMException | undefined

/**
 * To be called from an empty stack. An error that is created for an abort keeps everything on the
 * stack alive until it is read. The Anthropic SDK (1.12) creates one and holds it for as long as
 * the body is reachable, which through this attempt would be for ever.
 */
function abortOf(controller: AbortController): () => void {
  return () => {
    over ??= new DOMException('The attempt is over.', 'AbortError')
    controller.abort(over)
  }
}
