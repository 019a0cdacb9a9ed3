/**
 * A reader that pauses holds the provider back: exactly, where the fetch is ours, and within what the runtime and the kernels buffer
 * on a real socket.
 */

import { once } from 'node:events'
import { createServer, get, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { compatible } from '../../src/entries/compatible.js'
import {
  createStream,
  type Driver,
  type EventStream,
  fallback,
  hedge,
  ndjson,
  plainText,
  retry,
  sse,
  timeout,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'
import { FaultServer, type Play } from './server.js'
import { type Wire, wires } from './wires.js'

/** One event of the chat wire, so long that buffers fill up. */
const eventBytes = 16 * 1024
const frame = (text: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`
const event = frame('x'.repeat(eventBytes - frame('').length))

/** A body without end, which counts what is taken of it. */
class EndlessBody {
  chunks = 0
  readonly #eventsPerChunk: number

  constructor(eventsPerChunk: number) {
    this.#eventsPerChunk = eventsPerChunk
  }

  driver(): Driver {
    const chunk = new TextEncoder().encode(event.repeat(this.#eventsPerChunk))
    const headers = { 'content-type': 'text/event-stream' }
    const fetch = (): Promise<Response> => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        this.chunks += 1
        controller.enqueue(chunk.slice())
      }
      return Promise.resolve(
        new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers }),
      )
    }
    return compatible({ model: 'm', baseURL: 'http://provider.test', fetch })
  }
}

/** Time for whatever would read on by itself. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const silent = scripted([{ hang: true }])

const layers: Record<string, (driver: Driver) => Driver> = {
  'nothing around it': (driver) => driver,
  retry: (driver) => retry(driver, 3),
  'retry that continues': (driver) => retry(driver, { afterContent: 'continue' }),
  timeout: (driver) => timeout(driver, { chunkMs: 1_000, totalMs: 10_000 }),
  fallback: (driver) => fallback(driver, silent),
  hedge: (driver) => hedge(driver, silent, { afterMs: 0 }),
  'all of them': (driver) => fallback(hedge(timeout(retry(driver), 9_000), silent, { afterMs: 1 })),
  'its public face': ({ provider, model, stream }) => ({
    provider,
    model,
    stream: (request, context) => stream(request, context),
  }),
}

function streamOf(body: EndlessBody, layer = 'nothing around it'): EventStream {
  const driver = (layers[layer] as (driver: Driver) => Driver)(body.driver())
  return createStream({ driver, prompt: 'p' })
}

describe.each([1, 16])('with %i events in each network chunk, one chunk is taken', (perChunk) => {
  test.each(Object.keys(layers))('by a reader that pauses, through %s', async (layer) => {
    const body = new EndlessBody(perChunk)
    const stream = streamOf(body, layer)
    const iterator = stream[Symbol.asyncIterator]()
    expect((await iterator.next()).value?.type).toBe('start')
    await quiet()
    expect(body.chunks).toBe(0)
    for (let count = 1; count <= perChunk; count++) {
      expect((await iterator.next()).value?.type).toBe('content')
      await quiet()
      expect(body.chunks).toBe(1)
    }
    // It goes on where it paused.
    await iterator.next()
    await quiet()
    expect(body.chunks).toBe(2)
    stream.cancel()
  })

  const formats = { 'sse()': sse(), 'ndjson()': ndjson(), 'plainText()': plainText() }
  test.each(Object.entries(formats))('for a body that is not read on, as %s', async (_, format) => {
    for (const layer of Object.keys(layers)) {
      const body = new EndlessBody(perChunk)
      const response = await toResponse(streamOf(body, layer), format)
      await quiet()
      expect(body.chunks).toBe(format.earlyStatus ? 1 : 0)
      const reader = toReadableStream(streamOf(body, layer), format).getReader()
      await response.body?.cancel()
      body.chunks = 0
      let text = ''
      while (!text.includes('xxx')) text += new TextDecoder().decode((await reader.read()).value)
      await quiet()
      expect(body.chunks).toBe(1)
      await reader.cancel()
    }
  })

  test('beyond what its own buffer holds, by a response of Node whose client does not read', async () => {
    const body = new EndlessBody(perChunk)
    // Without a client nothing ever drains.
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const stream = streamOf(body)
    void pipeToNode(stream, response, sse())
    await quiet()
    const chunkBytes = perChunk * eventBytes
    expect(body.chunks).toBeGreaterThan(0)
    expect((body.chunks - 1) * chunkBytes).toBeLessThan(response.writableHighWaterMark)
    stream.cancel()
    response.destroy()
  })
})

test('what is held back is taken, and not more than one chunk beyond it', async () => {
  const body = new EndlessBody(1)
  const driver = retry(body.driver(), { holdBackChars: 3 * eventBytes })
  const iterator = createStream({ driver, prompt: 'p', retry: false })[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.next()
  await quiet()
  expect(body.chunks).toBeLessThanOrEqual(4)
  await iterator.return?.()
})

describe('on a real socket', () => {
  /** Sends for as long as anybody takes it, and counts that. */
  class Flood {
    accepted = (): number => 0
    readonly play: Play = async (exchange) => {
      const { socket } = exchange
      this.accepted = () => socket.bytesWritten - socket.writableLength
      await exchange.head(200)
      while (!socket.destroyed) await exchange.chunk(event)
    }

    /** Resolves when nothing more is taken. */
    async settled(): Promise<number> {
      let before = -1
      for (let same = 0; same < 5; ) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        same = this.accepted() === before ? same + 1 : 0
        before = this.accepted()
      }
      return before
    }
  }

  /** Linux takes about 4 MiB on one connection whose reader pauses, and twice that on two in a row. */
  const oneSocket = 16 * 1024 * 1024

  const chat = wires.filter(({ name }) => name === 'openai chat' || name === 'compatible')
  test.each(chat)(
    'a reader that pauses holds the provider back, with $title',
    async (wire: Wire) => {
      const flood = new Flood()
      await using server = await FaultServer.listen(flood.play)
      const stream = createStream({ driver: wire.driver(server.url), prompt: 'p' })
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      await iterator.next()
      expect(await flood.settled()).toBeLessThan(oneSocket)
      stream.cancel()
    },
  )

  const relayed = wires.filter(({ name }) => name === 'compatible')
  test.each(relayed)(
    'a client that pauses holds back the provider of its server, with $title',
    async (wire) => {
      const flood = new Flood()
      await using provider = await FaultServer.listen(flood.play)
      const stream = createStream({ driver: wire.driver(provider.url), prompt: 'p' })
      const server = createServer((_request, response) => void pipeToNode(stream, response, sse()))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      await once(response, 'readable')
      expect(await flood.settled()).toBeLessThan(2 * oneSocket)
      response.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  )
})
