/**
 * A simulated provider on a real socket. Node only: `node:http` is loaded when it is needed.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import {
  checkOptions,
  isInteger,
  type Rules,
  rule,
  text as textRule,
} from '../../base/check-options.js'
import type { IncomingRequest } from './request.js'

/** Where a simulated provider listens. */
export interface ListenOptions {
  /** @default 0, which takes any free port */
  port?: number
  /** @default '127.0.0.1' */
  host?: string
}

/** A simulated provider on a socket. */
export interface SimulatedServer {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string
  readonly port: number
  /** Breaks off open connections and frees the port. */
  close(): Promise<void>
}

type Handle = (request: IncomingRequest) => Promise<Response>

const rules: Rules<ListenOptions> = {
  port: rule('a port from 0 to 65535', (value) => isInteger(value, 0, 65_535)),
  host: textRule,
}

/** Serves what `handle` answers. */
export async function listen(
  handle: Handle,
  options: ListenOptions = {},
): Promise<SimulatedServer> {
  checkOptions('', options, rules)
  const { port = 0, host = '127.0.0.1' } = options
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    // A body that fails is a connection that breaks; what was written before still has to arrive.
    serve(handle, request, response).catch(() => {
      if (response.headersSent) response.socket?.destroySoon()
      else response.socket?.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    port: taken,
    close: () => close(server),
  }
}

async function serve(
  handle: Handle,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController()
  let resume = (): void => {}
  response.on('drain', () => resume())
  response.on('close', () => {
    left.abort()
    resume()
  })
  request.setEncoding('utf8')
  let text = ''
  for await (const piece of request) text += piece
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    headers[name] = value?.join(', ') ?? ''
  }
  const { method = 'GET', url = '/' } = request
  const answer = await handle({ method, path: url, headers, text, signal: left.signal })

  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.flushHeaders()
  const reader = answer.body?.getReader()
  for (;;) {
    const piece = await reader?.read()
    if (piece?.value === undefined) break
    if (response.write(piece.value)) continue
    await new Promise<void>((resolve) => {
      if (response.closed) resolve()
      else resume = resolve
    })
  }
  response.end()
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
