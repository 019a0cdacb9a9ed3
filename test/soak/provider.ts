/**
 * The provider of a soak, in a process of its own so that its memory is not counted: a raw socket that speaks all wires, and fails at
 * random.
 *
 * @module
 */

import { simulatedProvider } from 'sluice/testing'
import { type Exchange, FaultServer } from '../faults/server.ts'

export interface ProviderReport {
  requests: number
  /** Connections that are still open after a request. */
  open: number
  /** Connections whose request was given up before it was sent: undici keeps them for others. */
  unused: number
  /** How often each fault was played. */
  plays: Record<string, number>
}

const provider = simulatedProvider({
  paceMs: 0,
  answer: () => ({
    text: 'word '.repeat(Math.random() < 0.02 ? 20_000 : 1 + Math.floor(Math.random() * 60)),
    ...(Math.random() < 0.2 ? { reasoning: 'Let me think about it.' } : {}),
    ...(Math.random() < 0.1 ? { toolCalls: [{ name: 'look', input: { at: 'the sea' } }] } : {}),
  }),
})

type Fault = (exchange: Exchange, body: Buffer) => void | Promise<void>

/** A place somewhere in the body. */
const somewhere = (body: Buffer): number => Math.floor(Math.random() * body.length)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function upTo(exchange: Exchange, body: Buffer, length: number): Promise<void> {
  await exchange.head(200)
  if (length > 0) await exchange.chunk(body.subarray(0, length))
}

function refuse(status: number, headers: Record<string, string> = {}): Fault {
  return (exchange) =>
    exchange.whole(status, JSON.stringify({ error: { message: 'No.' } }), {
      'content-type': 'application/json',
      ...headers,
    })
}

const faults: Record<string, Fault> = {
  'a reset at once': (exchange) => exchange.reset(),
  'a reset in the headers': async (exchange) => {
    await exchange.write('HTTP/1.1 200 OK\r\ncontent-ty')
    exchange.reset()
  },
  'a reset in the body': async (exchange, body) => {
    await upTo(exchange, body, somewhere(body))
    await pause(1)
    exchange.reset()
  },
  'an end in a chunk': async (exchange, body) => {
    await upTo(exchange, body, somewhere(body))
    await exchange.write('fff\r\ndata: {')
    exchange.hangUp()
  },
  'a clean end in the middle': async (exchange, body) => {
    await upTo(exchange, body, somewhere(body))
    exchange.end()
  },
  'a stall': (exchange, body) => upTo(exchange, body, somewhere(body)),
  'a drip': async (exchange, body) => {
    await upTo(exchange, body, somewhere(body))
    while (!exchange.socket.destroyed) {
      await exchange.chunk('x')
      await pause(50)
    }
  },
  'an event that is no JSON': async (exchange, body) => {
    await upTo(exchange, body, somewhere(body))
    await exchange.chunk('\n\ndata: upstream connect error\n\n')
    exchange.end()
  },
  'a page of HTML': (exchange) =>
    exchange.whole(200, '<html></html>', { 'content-type': 'text/html' }),
  '200 without a body': (exchange) => exchange.whole(200, ''),
  '429': refuse(429, { 'retry-after-ms': '5' }),
  '400': refuse(400),
  '500': refuse(500),
  '503': refuse(503),
}

const healthy: Record<string, Fault> = {
  'a whole answer': async (exchange, body) => {
    await upTo(exchange, body, body.length)
    exchange.end()
  },
  'a whole answer in small chunks': async (exchange, body) => {
    const size = 1 + Math.floor(Math.random() * 900)
    await exchange.head(200)
    for (let start = 0; start < body.length && !exchange.socket.destroyed; start += size) {
      await exchange.chunk(body.subarray(start, start + size))
    }
    exchange.end()
  },
  'a whole answer, slowly': async (exchange, body) => {
    await exchange.head(200)
    const size = Math.ceil(body.length / 8)
    for (let start = 0; start < body.length && !exchange.socket.destroyed; start += size) {
      await exchange.chunk(body.subarray(start, start + size))
      await pause(20)
    }
    exchange.end()
  },
  'a whole answer whose connection stays open': (exchange, body) =>
    upTo(exchange, body, body.length),
}

function pick<T>(choices: Record<string, T>): [name: string, choice: T] {
  const entries = Object.entries(choices)
  return entries[Math.floor(Math.random() * entries.length)] as [string, T]
}

const report: ProviderReport = { requests: 0, open: 0, unused: 0, plays: {} }

const server = await FaultServer.listen(async (exchange) => {
  const { method, path, headers, body } = exchange.request
  const response = await provider.fetch(`http://provider.test${path}`, {
    method,
    headers,
    body: JSON.stringify(body),
  })
  const [name, play] = pick(Math.random() < 0.5 ? healthy : faults)
  report.requests += 1
  report.plays[name] = (report.plays[name] ?? 0) + 1
  server.requests.length = 0
  report.open += 1
  exchange.socket.once('close', () => {
    report.open -= 1
  })
  await play(exchange, Buffer.from(await response.arrayBuffer()))
})

process.on('message', () => process.send?.({ ...report, unused: server.open - report.open }))
process.on('disconnect', () => process.exit())
process.send?.(server.url)
