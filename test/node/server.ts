/**
 * A server that says what it was sent.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export interface Running extends AsyncDisposable {
  url: string
  server: Server
}

export async function listen(listener: RequestListener): Promise<Running> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export async function seenOf(request: IncomingMessage): Promise<Seen> {
  let body = ''
  for await (const piece of request.setEncoding('latin1')) body += String(piece)
  const { method = '', url: path = '', headers } = request
  return { method, path, headers: headers as Record<string, string>, body }
}

/** Answers each request with what it holds. */
export function echo(): Promise<Running> {
  return listen((request, response) => {
    void seenOf(request).then((seen) => response.end(JSON.stringify(seen)))
  })
}
