/**
 * A provider on a raw socket, so that what goes over the wire is exact to the byte, and so is how it breaks.
 *
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What the server does with one request. */
export type Play = (exchange: Exchange) => void | Promise<void>

export interface ReceivedRequest {
  method: string
  path: string
  headers: Record<string, string>
  /** Parsed. */
  body: Partial<Record<string, unknown>>
}

/** One request and what is sent back. */
export class Exchange {
  readonly request: ReceivedRequest
  readonly socket: Socket
  /** From 1, over all connections of the server. */
  readonly count: number

  constructor(socket: Socket, request: ReceivedRequest, count: number) {
    this.socket = socket
    this.request = request
    this.count = count
  }

  /** Resolves once the bytes are in the hands of the kernel, or the socket is closed. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve())
    })
  }

  /** The status line and the headers of a body in chunked encoding. */
  head(status: number, headers: Record<string, string> = {}): Promise<void> {
    return this.write(
      headOf(status, {
        'content-type': 'text/event-stream',
        'transfer-encoding': 'chunked',
        ...headers,
      }),
    )
  }

  /** A whole response with a length. */
  whole(status: number, body: string, headers: Record<string, string> = {}): void {
    const length = String(Buffer.byteLength(body))
    this.socket.end(headOf(status, { 'content-length': length, ...headers }) + body)
  }

  /** One chunk of a body in chunked encoding. */
  chunk(content: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(content)
    const size = `${bytes.length.toString(16)}\r\n`
    return this.write(Buffer.concat([Buffer.from(size), bytes, Buffer.from('\r\n')]))
  }

  /** The chunk that ends the body, and the end of the connection. */
  end(): void {
    this.socket.end('0\r\n\r\n')
  }

  /** The end of the connection, whatever is missing. */
  hangUp(): void {
    this.socket.end()
  }

  /** RST: what the peer has not read may be lost. */
  reset(): void {
    this.socket.resetAndDestroy()
  }
}

function headOf(status: number, headers: Record<string, string>): string {
  const lines = Object.entries({ connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `HTTP/1.1 ${status} Simulated\r\n${lines.join('')}\r\n`
}

/** How long a connection may be open without a request, in milliseconds. */
const idleMs = 2_000

export class FaultServer {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string
  /** Requests that arrived whole. */
  requests: ReceivedRequest[] = []
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #onClose = (): void => {}

  private constructor(server: Server, plays: readonly Play[]) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket: Socket) => this.#serve(socket, plays))
  }

  /** @param plays - one for each request; the last one repeats */
  static async listen(...plays: readonly Play[]): Promise<FaultServer> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultServer(server, plays)
  }

  /** How many connections are open. */
  get open(): number {
    return this.#open.size
  }

  /** Resolves as soon as no connection is open. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onClose = resolve
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket, plays: readonly Play[]): void {
    this.#open.add(socket)
    // A client that resets the connection is no failure of the server.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#open.delete(socket)
      this.#onClose()
    })
    // As every server does: a client keeps connections whose request it gave up before it was sent.
    let idle = true
    socket.setTimeout(idleMs, () => idle && socket.end())
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const request = parseRequest(received)
      if (request === undefined) return
      idle = false
      received = Buffer.alloc(0)
      this.requests.push(request)
      const count = this.requests.length
      const play = plays[Math.min(count, plays.length) - 1]
      void play?.(new Exchange(socket, request, count))
    })
  }
}

/** Undefined until the request is whole. */
function parseRequest(received: Buffer): ReceivedRequest | undefined {
  const text = received.toString('latin1')
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const body = received.subarray(headEnd + 4)
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined
  const [method = '', path = ''] = first.split(' ')
  return { method, path, headers, body: JSON.parse(body.toString('utf8') || '{}') }
}

/**
 * An address that refuses every connection: its port is taken by a socket that does not listen, so nobody else can begin to while
 * a test runs.
 */
export async function refusingAddress(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    url: `http://127.0.0.1:${socket.localPort}`,
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
