/**
 * The simulated provider as a server that lets pages ask it, as Ollama and its kind do, with a list of its models.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { SimulatedProvider } from 'sluice/testing'

export interface OpenProvider extends AsyncDisposable {
  url: string
}

export async function openProvider({ fetch }: SimulatedProvider): Promise<OpenProvider> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'authorization, content-type')
    const { method = 'GET', url = '/' } = request
    if (method === 'OPTIONS') return void response.end()
    if (url.endsWith('/models')) return void response.end('{"data":[{"id":"llama"}]}')
    const left = new AbortController()
    response.on('close', () => left.abort())
    const headers = request.headers as Record<string, string>
    const body = Buffer.concat(await request.toArray())
    const answered = await fetch(`http://any${url}`, { method, headers, body, signal: left.signal })
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).flushHeaders()
    await pipeline(Readable.fromWeb(answered.body as never), response)
  }

  const server = createServer((request, response) => {
    // A body that fails is a connection that breaks; what was written before still has to arrive.
    answer(request, response).catch(() => response.socket?.destroySoon())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
