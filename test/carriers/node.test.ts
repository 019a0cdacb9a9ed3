import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import type { Format } from '../../src/base/stream-format.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, plainText, StreamError, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(
  driver: Driver,
  format: Format,
): Promise<{ url: string; piped: Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = createServer((_request, response) => {
    const stream = createStream({ driver, prompt: 'p', retry: false })
    resolve(pipeToNode(stream, response, format))
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, piped: promise }
}

async function serveWith(handle: (response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((_request, response) => void handle(response))
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** What compression middleware does to a response: `write` and `end` go through zlib, and `flush` pushes it on. */
function gzipped(response: ServerResponse): ServerResponse {
  const { write, end } = response
  const gzip = createGzip()
  gzip.on('data', (piece: Buffer) => Reflect.apply(write, response, [piece]))
  gzip.on('end', () => Reflect.apply(end, response, []))
  response.setHeader('content-encoding', 'gzip')
  return Object.assign(response, {
    write: (text: string) => gzip.write(text),
    end: () => gzip.end(),
    flush: () => gzip.flush(),
  })
}

describe('pipeToNode', () => {
  test('writes a stream with its headers, and resolves when the response has ended', async () => {
    const { url, piped } = await serve(scripted(['Hel', 'lo']), sse())
    const response = await fetch(url)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect((await response.text()).match(/^event: .*$/gm)).toEqual([
      'event: start',
      'event: content',
      'event: content',
      'event: complete',
    ])
    await piped
  })

  test('turns an early failure into a status', async () => {
    const { url, piped } = await serve(
      scripted([new StreamError('overloaded', 'secret')]),
      plainText(),
    )
    const response = await fetch(url)
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('The model is overloaded. Try again later.\n')
    await piped
  })

  test('destroys the socket when plain text fails after content', async () => {
    const { url, piped } = await serve(
      scripted(['Hel', new StreamError('network', 'gone')]),
      plainText(),
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow(
      /terminated|fetch failed/,
    )
    await piped
  })

  test('writes each header once, whatever its case, and keeps headers that are already set', async () => {
    const stream = createStream({ driver: scripted(['a']), prompt: 'p' })
    const url = await serveWith((response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      return pipeToNode(stream, response, sse(), {
        status: 201,
        headers: { 'Cache-Control': 'no-cache' },
      })
    })
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    response.resume()
    expect(response.statusCode).toBe(201)
    expect(response.headersDistinct['cache-control']).toEqual(['no-cache'])
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2'])
  })

  test('throws a TypeError if the headers have been sent', async () => {
    const stream = createStream({ driver: scripted(['a']), prompt: 'p' })
    const thrown = Promise.withResolvers<unknown>()
    const url = await serveWith(async (response) => {
      response.writeHead(200).write('x')
      await pipeToNode(stream, response, sse()).catch(thrown.resolve)
      response.end()
    })
    expect(await (await fetch(url)).text()).toBe('x')
    expect(await thrown.promise).toEqual(expect.objectContaining({ name: 'TypeError' }))
    expect(await stream.text()).toBe('a')
  })

  test('cancels the stream when Node refuses a header', async () => {
    const stream = createStream({ driver: scripted(['a', { hang: true }]), prompt: 'p' })
    const thrown = Promise.withResolvers<Error>()
    const url = await serveWith(async (response) => {
      const headers = { 'x-bad': 'a\nb' }
      await pipeToNode(stream, response, plainText(), { headers }).catch(thrown.resolve)
      response.end()
    })
    await (await fetch(url)).text()
    expect((await thrown.promise).message).toContain('x-bad')
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('ends the response when the format has written an end of its own', async () => {
    let told: StreamError | undefined
    const format: Format = {
      ...sse(),
      encoder: () => ({
        encode: ([event]) => {
          if (event?.type === 'content') told = new StreamError('retracted', 'r')
          return `${event?.type}\n`
        },
        get ended() {
          return told
        },
      }),
    }
    const { url, piped } = await serve(scripted(['a', 'b']), format)
    expect(await (await fetch(url)).text()).toBe('start\ncontent\n')
    await piped
  })

  test('destroys the socket at an event that cannot be written', async () => {
    const source = { type: 'content', kind: 'source', index: 1, raw: 5n } as const
    const { url, piped } = await serve(scripted(['a', source, { hang: true }]), sse())
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow('terminated')
    await piped
  })

  test('resolves when the client disconnects, even while a generator that ignores cancellation is pending', async () => {
    async function* deaf(): AsyncGenerator<StreamEvent> {
      yield { type: 'start', id: 's', provider: 'p', model: 'm' }
      await new Promise(() => {})
    }
    const piped = Promise.withResolvers<void>()
    const url = await serveWith((response) => {
      const writing = pipeToNode(deaf(), response, plainText())
      writing.then(piped.resolve, piped.reject)
      return writing
    })
    const request = get(url)
    request.on('error', () => {})
    await new Promise((resolve) => servers.at(-1)?.once('request', resolve))
    request.destroy()
    await piped.promise
  })

  test('flushes compressing middleware after each chunk', async () => {
    const next = Promise.withResolvers<void>()
    async function* paced(): AsyncGenerator<StreamEvent> {
      const events = createStream({ driver: scripted(['first', 'second']), prompt: 'p' })
      for await (const event of events) {
        if (event.type === 'content' && event.kind === 'text' && event.text === 'second') {
          await next.promise
        }
        yield event
      }
    }
    const url = await serveWith((response) => pipeToNode(paced(), gzipped(response), plainText()))
    const body = (await fetch(url)).body?.getReader()
    const first = await body?.read()
    expect(new TextDecoder().decode(first?.value)).toBe('first')
    next.resolve()
    expect(new TextDecoder().decode((await body?.read())?.value)).toBe('second')
  })

  test("closes the provider's socket when the client disconnects, long before the answer ends", async () => {
    const provider = simulatedProvider({ paceMs: 5, answer: 'word '.repeat(1000) })
    const upstream = await provider.listen()
    const { url, piped } = await serve(
      compatible({ model: 'm', apiKey: 'k', baseURL: `${upstream.url}/v1` }),
      sse(),
    )
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    await new Promise((resolve) => response.once('data', resolve))
    while ((provider.requests[0]?.sent ?? 0) < 3)
      await new Promise((resolve) => response.once('data', resolve))
    response.destroy()
    const left = performance.now()
    expect(await provider.requests[0]?.closed).toBe('aborted')
    expect(performance.now() - left).toBeLessThan(2_000)
    await piped
    await upstream.close()
  })

  test('holds the provider back while the client does not read', async () => {
    let sent = 0
    const driver: Driver = {
      provider: 'p',
      model: 'm',
      async *stream() {
        const text = 'x'.repeat(64 * 1024)
        for (; sent < 2000; sent++) yield { type: 'content', kind: 'text', index: 0, text }
        return { finishReason: 'stop', usage: {} }
      },
    }
    const { url, piped } = await serve(driver, plainText())
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    response.pause()
    let before = -1
    // It stops by itself once the buffers of both sockets are full, long before 128 MB.
    while (before !== sent) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(sent).toBeLessThan(500)
    response.destroy()
    await piped
  })
})
