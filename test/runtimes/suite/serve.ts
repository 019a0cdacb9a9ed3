/**
 * A Web handler on the server that each runtime brings along.
 */

import type { AddressInfo } from 'node:net'

type Handler = (request: Request) => Promise<Response>

interface Globals {
  Deno?: {
    serve(options: object, handler: Handler): { addr: { port: number } }
  }
  Bun?: {
    serve(options: object): { port: number }
  }
}

const { Deno, Bun } = globalThis as Globals

/** @returns the port */
export async function serve(handler: Handler): Promise<number> {
  const hostname = '127.0.0.1'
  if (Deno !== undefined) {
    return Deno.serve({ port: 0, hostname, onListen: () => {} }, handler).addr.port
  }
  // Bun ends a response that was silent for ten seconds, unless it is told not to.
  if (Bun !== undefined)
    return Bun.serve({ port: 0, hostname, fetch: handler, idleTimeout: 0 }).port
  const { createServer } = await import('node:http')
  const { Readable } = await import('node:stream')
  const { pipeline } = await import('node:stream/promises')
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { status, headers, body } = await handler(
        new Request(`http://${hostname}${request.url}`),
      )
      response.writeHead(status, Object.fromEntries(headers)).flushHeaders()
      if (body === null) response.end()
      else await pipeline(Readable.fromWeb(body as never), response)
    }
    answer().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve))
  return (server.address() as AddressInfo).port
}
