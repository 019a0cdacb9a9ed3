/**
 * The gateway: relays the provider's answer to whoever asks.
 */

import { createServer, type ServerResponse } from 'node:http'
import { createStream, sse } from 'sluice'
import { compatible } from 'sluice/compatible'
import { pipeToNode } from 'sluice/node'
import { relays } from '../contestants/relays.ts'
import type { Health } from './wire.ts'

const [name, provider] = process.argv.slice(2) as [string, string]

async function pipeBody(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const reader = body.getReader()
  response.on('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (!response.write(value)) await new Promise((resolve) => response.once('drain', resolve))
  }
  response.end()
}

const driver = compatible({ baseURL: provider, model: 'gpt-5.5' })
const toProvider: typeof fetch = (_url, init) => fetch(provider, init)

function handle(response: ServerResponse): Promise<unknown> {
  if (name === 'sluice') {
    return pipeToNode(createStream({ driver, prompt: 'Hello?' }), response, sse())
  }
  const relay = relays.find((each) => each.name === name)
  if (relay === undefined) throw new Error(`There is no relay ${name}.`)
  return pipeBody(relay.relay('openai', toProvider), response)
}

const server = createServer((request, response) => {
  request.resume()
  handle(response).catch((error: unknown) => response.destroy(error as Error))
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('message', () => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  const health: Health = { cpu: user + system, heapBytes: heapUsed, rssBytes: rss }
  process.send?.(health)
})
process.on('disconnect', () => process.exit())
