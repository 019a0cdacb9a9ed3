/**
 * Counts what a token costs a gateway over sockets, in a process of its own: `node gateway-cost.ts`. The provider and the client are in the
 * same process, but use callbacks only, so every promise is the gateway's.
 */

import { createHook } from 'node:async_hooks'
import { getEventListeners, once } from 'node:events'
import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { chunkOf } from '../../bench/sockets/wire.ts'

export interface GatewayCost {
  /** Promises by which the longer answer takes more than the shorter one, by the token. */
  promises: number
  /** Listeners of the response, its socket and the request when an answer of 20 tokens, and one of 400, was nearly over. */
  listeners: [number, number]
  /** Timers and other handles that keep the process alive at the same moments. */
  resources: [number, number]
}

const { createStream, sse } = await import('sluice')
const { compatible } = await import('sluice/compatible')
const { nodeFetch, pipeToNode } = await import('sluice/node')

let promises = 0
createHook({
  init(_id, type) {
    if (type === 'PROMISE') promises++
  },
}).enable()

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let tokens = 0
// Each token leaves in a turn of its own, after the one before it has been read.
const provider = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sent = 0
  const next = (): void => {
    if (sent++ < tokens) response.write(chunkOf({ content: `${sent} ` }, null))
    else response.end(`${chunkOf({}, 'stop')}data: [DONE]\n\n`)
    if (sent <= tokens) setTimeout(next, 1)
  }
  next()
})
const baseURL = await listen(provider)
const driver = compatible({
  baseURL,
  model: 'm',
  fetch: process.argv[2] === 'fetch' ? globalThis.fetch : nodeFetch,
})

let current: ServerResponse | undefined
const gateway = createServer((request, response) => {
  request.resume()
  current = response
  void pipeToNode(createStream({ driver, prompt: 'p' }), response, sse())
})
const url = await listen(gateway)

function listenersNow(): number {
  const response = current as ServerResponse
  return [response, response.socket, response.req]
    .flatMap((emitter) =>
      (emitter?.eventNames() ?? []).map((name) =>
        getEventListeners(emitter as never, name as string),
      ),
    )
    .reduce((sum, { length }) => sum + length, 0)
}

async function run(
  count: number,
): Promise<{ promises: number; listeners: number; resources: number }> {
  tokens = count
  const before = promises
  let listeners = 0
  let resources = 0
  await new Promise<void>((resolve, reject) => {
    get(url, (response: IncomingMessage) => {
      let seen = 0
      response.setEncoding('latin1').on('data', (text: string) => {
        seen += text.split('event: content').length - 1
        if (listeners > 0 || seen < count - 2) return
        listeners = listenersNow()
        resources = process.getActiveResourcesInfo().length
      })
      response.on('end', () => {
        if (seen === count) resolve()
        else reject(new Error(`${seen} of ${count} tokens came.`))
      })
    })
  })
  return { promises: promises - before, listeners, resources }
}

await run(50)
const short = await run(20)
const long = await run(400)
const cost: GatewayCost = {
  promises: (long.promises - short.promises) / 380,
  listeners: [short.listeners, long.listeners],
  resources: [short.resources, long.resources],
}
console.log(JSON.stringify(cost))
process.exit()
