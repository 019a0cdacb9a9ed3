/**
 * A server in memory, whose answers a test writes as it likes.
 *
 * @module
 */

import type { StreamEvent } from '../../src/base/events.js'
import { written } from './answers.js'

/** One request, and the body of its response. */
export class Exchange {
  readonly url: string
  readonly init: RequestInit
  /** Whether the client has disconnected. */
  left = false
  /** Whether there was a response, or the network has failed. */
  answered = false
  readonly #sent: StreamEvent[] = []
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  readonly #answer = Promise.withResolvers<Response>()

  constructor(url: string, init: RequestInit) {
    this.url = url
    this.init = init
    init.signal?.addEventListener('abort', () => {
      this.left = true
      this.#answer.reject(new DOMException('Aborted', 'AbortError'))
    })
  }

  get response(): Promise<Response> {
    return this.#answer.promise
  }

  get json(): unknown {
    return JSON.parse(this.init.body as string)
  }

  /** The network fails before the response. */
  lose(): void {
    this.answered = true
    this.#answer.reject(new TypeError('Failed to fetch'))
  }

  status(status: number): void {
    this.answered = true
    this.#answer.resolve(new Response(status === 204 ? null : 'no', { status }))
  }

  begin(headers: Record<string, string> = {}): this {
    this.answered = true
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller
      },
      cancel: () => {
        this.left = true
      },
    })
    const init = { headers: { 'content-type': 'text/event-stream', ...headers } }
    this.#answer.resolve(new Response(body, init))
    return this
  }

  /** Sends events with consecutive ids. */
  send(...events: readonly StreamEvent[]): this {
    this.#sent.push(...events)
    const text = written(this.#sent, this.#sent.length - events.length)
    this.#body?.enqueue(new TextEncoder().encode(text))
    return this
  }

  /** The network fails in the middle of the body. */
  fail(): void {
    this.#body?.error(new TypeError('network error'))
  }

  end(): void {
    this.#body?.close()
  }
}

export class Remote {
  readonly exchanges: Exchange[] = []

  readonly fetch = (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const exchange = new Exchange(String(url), init)
    this.exchanges.push(exchange)
    return exchange.response
  }

  /** The last request. */
  get last(): Exchange {
    const exchange = this.exchanges.at(-1)
    if (exchange === undefined) throw new Error('Nothing was asked.')
    return exchange
  }
}
