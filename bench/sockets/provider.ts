/**
 * The provider: answers each request with so many tokens a second, each of which holds the time at which it was sent.
 * The first one comes at once.
 */

import { createServer, type ServerResponse } from 'node:http'
import { chunkOf, now } from './wire.ts'

const [tokens, tokensPerSecond] = process.argv.slice(2).map(Number) as [number, number]
/** One timer for all. Streams are spread over its ticks, as their requests come. */
const tickMs = 2
const ticks = 1000 / tokensPerSecond / tickMs
const groups: Map<ServerResponse, number>[] = Array.from({ length: ticks }, () => new Map())
let tick = 0

const tokenOf = (): string => chunkOf({ content: `@${now()}@ ` }, null)

function send(group: Map<ServerResponse, number>): void {
  for (const [response, sent] of group) {
    if (sent === tokens) {
      group.delete(response)
      response.end(`${chunkOf({}, 'stop')}data: [DONE]\n\n`)
    } else {
      group.set(response, sent + 1)
      response.write(tokenOf())
    }
  }
}

let dueAt = performance.now()
setInterval(() => {
  for (; dueAt <= performance.now(); dueAt += tickMs) {
    const group = groups[tick++ % ticks]
    if (group !== undefined) send(group)
  }
}, 1)

let next = 0
const server = createServer((request, response) => {
  request.resume()
  const group = groups[next++ % ticks]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunkOf({ role: 'assistant', content: '' }, null))
  response.on('close', () => group?.delete(response))
  response.write(tokenOf())
  group?.set(response, 1)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  process.send?.(server.address()),
)
process.on('disconnect', () => process.exit())
