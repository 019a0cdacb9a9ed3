/**
 * The provider that all runtimes ask: the simulated one, open to browsers, and it tells what it has seen of a request.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { simulatedProvider } from 'sluice/testing'

export interface Seen {
  /** How many events have been sent. */
  sent: number
  closed: 'finished' | 'aborted' | null
  /** On the clock of `Date.now()`. */
  closedAt: number | null
}

export interface Provider {
  url: string
  /** What became of the request with this mark, the last one if there were several. */
  seen: (mark: string) => Seen
  close: () => void
}

const long = Array.from({ length: 100_000 }, (_, index) => `word-${index}`).join(' ')

export async function startProvider(): Promise<Provider> {
  const paced = simulatedProvider({ paceMs: 5 })
  const endless = simulatedProvider({ paceMs: 0, answer: long })
  const requests = new Map<string, Seen>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', '*')
    const { method = 'GET', url = '/' } = request
    if (method === 'OPTIONS') return void response.end()
    if (url.startsWith('/seen/')) {
      response.setHeader('content-type', 'application/json')
      return void response.end(JSON.stringify(seen(url.slice('/seen/'.length))))
    }
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += String(piece)
    const left = new AbortController()
    response.on('close', () => left.abort())
    const provider = body.includes('"long"') ? endless : paced
    const before = provider.requests.length
    const answered = provider.fetch(`http://provider${url}`, {
      method,
      headers: request.headers as Record<string, string>,
      body,
      signal: left.signal,
    })
    // It is there once the body has been read, a microtask or two later.
    while (provider.requests.length === before) await new Promise(setImmediate)
    const record = provider.requests.at(-1)
    if (record !== undefined) {
      const mark = String(request.headers['x-mark'])
      const state: Seen = {
        get sent() {
          return record.sent
        },
        closed: null,
        closedAt: null,
      }
      requests.set(mark, state)
      void record.closed.then((closing) => {
        state.closed = closing
        state.closedAt = Date.now()
      })
    }
    const { status, headers, body: stream } = await answered
    for (const [name, value] of headers) response.setHeader(name, value)
    response.writeHead(status).flushHeaders()
    if (stream === null) response.end()
    else await pipeline(Readable.fromWeb(stream as never), response)
  }

  function seen(mark: string): Seen {
    return requests.get(mark) ?? { sent: 0, closed: null, closedAt: null }
  }

  const server = createServer((request, response) => {
    // A body that fails is a connection that breaks; what was written before still has to arrive.
    answer(request, response).catch(() => response.socket?.destroySoon())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
