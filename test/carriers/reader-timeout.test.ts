/** Clients that take nothing, and those that only look as if they did. */

import { createServer, type Server } from 'node:http'
import { connect, type Http2Server, createServer as http2Server } from 'node:http2'
import { type AddressInfo, connect as dial, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import {
  createStream,
  plainText,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { type NodeResponseInit, pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Writes without end, and says when it is aborted. */
function endless(piece = 'x'.repeat(16_000)): { driver: Driver; aborted: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    aborted: promise,
    driver: {
      provider: 'p',
      model: 'm',
      async *stream(_request, { signal }) {
        signal.addEventListener('abort', () => resolve())
        for (let index = 0; !signal.aborted; index++) {
          // A file counts for no text, so the answer has no limit.
          yield { type: 'content', kind: 'file', index, mediaType: 'a/b', data: piece }
        }
        return { finishReason: 'stop', usage: {} }
      },
    },
  }
}

interface Served {
  port: number
  server: Server
  piped: Promise<void>
}

async function serve(
  driver: Driver,
  init: NodeResponseInit,
  timeout: { totalMs?: number } = {},
): Promise<Served> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = createServer((_request, response) => {
    const stream = createStream({ driver, prompt: 'p', retry: false, timeout })
    resolve(pipeToNode(stream, response, sse(), init))
  })
  closing.push(() => server.close())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { port: (server.address() as AddressInfo).port, server, piped: promise }
}

/** Sends a request and reads nothing. */
function request(port: number): Socket {
  const socket = dial(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  closing.push(() => socket.destroy())
  return socket
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)))

describe('a client of Node that never reads', () => {
  test('loses its connection, and the provider is left, after readerTimeoutMs', async () => {
    const { driver, aborted } = endless()
    const { port, server, piped } = await serve(driver, { readerTimeoutMs: 400 })
    request(port)
    await aborted
    await piped
    await vi.waitFor(async () => expect(await connections(server)).toBe(0))
  })

  test('loses its connection a second after totalMs, whatever readerTimeoutMs is', async () => {
    const { driver, aborted } = endless()
    const { port, server, piped } = await serve(driver, {}, { totalMs: 500 })
    request(port)
    await aborted
    await piped
    await vi.waitFor(async () => expect(await connections(server)).toBe(0))
  })

  test('loses its connection although the stream has ended and only the rest of it waits', async () => {
    const file = 'x'.repeat(1_000_000)
    const files = Array.from({ length: 12 }, (_, index) => {
      return { type: 'content', kind: 'file', index, mediaType: 'a/b', data: file } as const
    })
    const driver = scripted([{ chunk: files }])
    const { port, server, piped } = await serve(driver, { readerTimeoutMs: 400 })
    request(port)
    await piped
    await vi.waitFor(async () => expect(await connections(server)).toBe(0))
  })

  test('loses its stream of HTTP/2, and the connection stays', async () => {
    const { driver, aborted } = endless()
    const server: Http2Server = http2Server((_request, response) => {
      const stream = createStream({ driver, prompt: 'p', retry: false })
      void pipeToNode(stream, response, sse(), { readerTimeoutMs: 300 })
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    closing.push(() => {
      session.destroy()
      server.close()
    })
    const reading = session.request({ ':path': '/' })
    reading.on('error', () => {})
    reading.pause()
    const closed = new Promise((resolve) => reading.once('close', resolve))
    await aborted
    reading.resume()
    await closed
    expect(reading.rstCode).toBe(8)
    expect(session.destroyed).toBe(false)
  })
})

test('a client that reads slowly but steadily is never disconnected', async () => {
  const { driver } = endless()
  const { port, piped } = await serve(driver, { readerTimeoutMs: 300 })
  const socket = request(port)
  let bytes = 0
  let closed = false
  socket.on('close', () => {
    closed = true
  })
  socket.on('data', (piece) => {
    bytes += piece.length
    socket.pause()
  })
  const timer = setInterval(() => socket.resume(), 2)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  clearInterval(timer)
  expect(closed).toBe(false)
  expect(bytes).toBeGreaterThan(1_000_000)
  socket.destroy()
  await piped
})

test('a client that waits for a silent model is never disconnected', async () => {
  const driver = scripted(['a', { waitMs: 900 }, 'b'])
  const { port } = await serve(driver, { readerTimeoutMs: 100 })
  const body = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  expect(body).toContain('event: complete')
})

describe('a Web body that nobody reads on', () => {
  test('errors and leaves the provider after readerTimeoutMs', async () => {
    const { driver, aborted } = endless()
    const stream = createStream({ driver, prompt: 'p', retry: false })
    const reader = toReadableStream(stream, sse(), { readerTimeoutMs: 100 }).getReader()
    await reader.read()
    await reader.read()
    await aborted
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
    await expect(reader.closed).rejects.toMatchObject({ code: 'aborted' })
  })

  test('of a response whose body was never read leaves the provider, too', async () => {
    const { driver, aborted } = endless()
    const stream = createStream({ driver, prompt: 'p', retry: false })
    const response = await toResponse(stream, sse({ earlyStatus: true }), { readerTimeoutMs: 100 })
    await aborted
    await expect(response.text()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('is not ended while a read is pending', async () => {
    const driver = scripted(['a', { waitMs: 500 }, 'b'])
    const stream = createStream({ driver, prompt: 'p' })
    const body = toReadableStream(stream, plainText(), { readerTimeoutMs: 50 })
    expect(await new Response(body).text()).toBe('ab')
  })
})

test.each([0, -1, 'x', Number.NaN])(
  'readerTimeoutMs %s is a TypeError',
  async (readerTimeoutMs) => {
    const stream = createStream({ driver: scripted(['a']), prompt: 'p' })
    const init = { readerTimeoutMs: readerTimeoutMs as number }
    expect(() => toReadableStream(stream, sse(), init)).toThrow(/readerTimeoutMs/)
    await expect(toResponse(stream, sse(), init)).rejects.toThrow(/readerTimeoutMs/)
  },
)

test('a client that does not take the rest of a failed stream is disconnected soon after its end', async () => {
  const driver: Driver = {
    provider: 'p',
    model: 'm',
    // Text without end reaches the limit of an answer, whose error event repeats what has come.
    async *stream(_request, { signal }) {
      const text = 'x'.repeat(16_000)
      while (!signal.aborted) yield { type: 'content', kind: 'text', index: 0, text }
      return { finishReason: 'stop', usage: {} }
    },
  }
  const { port, server, piped } = await serve(driver, { readerTimeoutMs: 600_000 })
  request(port)
  await piped
  await vi.waitFor(async () => expect(await connections(server)).toBe(0), 5_000)
}, 20_000)
