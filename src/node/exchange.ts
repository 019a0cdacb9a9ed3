/**
 * One request through a dispatcher, and its response.
 *
 * @module
 */

import { type Flow, NodeBody } from './body.js'
import { decodedBody, decodersOf, type Intake } from './decode.js'
import type { Controller, Dispatcher, DispatchOptions, Handler } from './dispatcher.js'
import { LegacyController } from './legacy-controller.js'

/** A response as it comes from the network. */
export interface Received {
  status: number
  statusText: string
  headers: Headers
  /** Null for a response that cannot have one. */
  body: NodeBody | null
}

/** Statuses without a body. */
const bodiless: readonly number[] = [101, 103, 204, 205, 304]

/**
 * Sends one request.
 *
 * @throws TypeError `fetch failed` with a cause, as `fetch` throws it; the signal's reason
 */
export function exchange(
  dispatcher: Dispatcher,
  options: DispatchOptions,
  signal: AbortSignal | null | undefined,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const handler = new ExchangeHandler(options.method === 'HEAD', signal, resolve, reject)
    try {
      dispatcher.dispatch(options, handler as never)
    } catch (error) {
      handler.onResponseError(undefined, error as Error)
    }
  })
}

/** Has the methods of undici 7 and later, and those of undici 6. */
class ExchangeHandler implements Handler, Flow {
  readonly #isHead: boolean
  readonly #signal: AbortSignal | null | undefined
  readonly #resolve: (received: Received) => void
  readonly #reject: (error: unknown) => void
  #controller: Controller | undefined
  #legacy: LegacyController | undefined
  #intake: Intake | undefined
  #isOver = false

  constructor(
    isHead: boolean,
    signal: AbortSignal | null | undefined,
    resolve: (received: Received) => void,
    reject: (error: unknown) => void,
  ) {
    this.#isHead = isHead
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal?.addEventListener('abort', this.#onAbort)
  }

  // ---------------------------------------------------------------- undici 7 and later

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(aborted())
  }

  onResponseStart(
    controller: Controller,
    status: number,
    fields: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    // 100 and 103 announce the response.
    if (this.#isOver || status < 200) return
    const { rawHeaders } = controller
    const headers = Array.isArray(rawHeaders) ? headersOfRaw(rawHeaders) : headersOf(fields)
    let body: NodeBody | null = null
    if (!this.#isHead && !bodiless.includes(status)) {
      let decoders: ReturnType<typeof decodersOf>
      try {
        decoders = decodersOf(headers.get('content-encoding'))
      } catch (error) {
        return this.abort(error as Error)
      }
      if (decoders.length === 0) this.#intake = body = new NodeBody(this)
      else {
        const decoded = decodedBody(decoders, this, terminated)
        body = decoded.body
        this.#intake = decoded.intake
      }
    }
    this.#resolve({ status, statusText, headers, body })
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    this.#intake?.push(chunk)
  }

  onResponseEnd(): void {
    this.#finish()
    this.#intake?.end()
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    if (this.#isOver) return
    this.#finish()
    this.#fail(error, error)
  }

  // ---------------------------------------------------------------- undici 6

  onConnect(abort: (reason: Error) => void): void {
    this.#legacy = new LegacyController(abort)
    this.onRequestStart(this.#legacy)
  }

  onHeaders(status: number, raw: unknown[], resume: () => void, statusText: string): boolean {
    const controller = this.#legacy as LegacyController
    controller.begin(raw, resume)
    this.onResponseStart(controller, status, {}, statusText)
    return !controller.isPaused
  }

  onData(chunk: Uint8Array): boolean {
    const controller = this.#legacy as LegacyController
    this.onResponseData(controller, chunk)
    return !controller.isPaused
  }

  onComplete(): void {
    this.onResponseEnd()
  }

  onError(error: Error): void {
    this.onResponseError(undefined, error)
  }

  // ---------------------------------------------------------------- the body's side

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    if (!this.#isOver) this.#controller?.resume()
  }

  abort(reason: Error): void {
    if (this.#isOver) return
    this.#finish()
    this.#fail(reason, reason)
    this.#controller?.abort(reason)
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal?.reason
    this.#finish()
    this.#reject(reason)
    this.#intake?.fail(reason)
    // undici takes only errors.
    this.#controller?.abort(reason instanceof Error ? reason : aborted())
  }

  #finish(): void {
    this.#isOver = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  #fail(error: Error, cause: unknown): void {
    this.#reject(error instanceof DOMException ? error : new TypeError('fetch failed', { cause }))
    this.#intake?.fail(terminated(cause))
  }
}

function terminated(cause: unknown): TypeError {
  return new TypeError('terminated', { cause })
}

function aborted(): Error {
  return new DOMException('This operation was aborted', 'AbortError')
}

/** Pairs of names and values, as bytes of Latin-1. A value may be a list. */
function headersOfRaw(raw: readonly unknown[]): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const value = raw[at + 1]
    for (const one of Array.isArray(value) ? value : [value]) append(headers, raw[at], one)
  }
  return headers
}

function headersOf(fields: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) for (const one of value) append(headers, name, one)
    else if (value !== undefined) append(headers, name, value)
  }
  return headers
}

function append(headers: Headers, name: unknown, value: unknown): void {
  try {
    headers.append(textOf(name), textOf(value))
  } catch {
    // A pseudo-header of HTTP/2, or a value that no header can have.
  }
}

function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value)
}
