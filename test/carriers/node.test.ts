import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { compatible } from '../../src/compatible.js'
import { createStream, plainText, StreamError, sse } from '../../src/index.js'
import { pipeToNode } from '../../src/node.js'
import { scripted, simulatedProvider } from '../../src/testing.js'
import type { Driver, Format } from '../../src/types.js'

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

  test('breaks the socket off when text cannot tell what happened', async () => {
    const { url, piped } = await serve(
      scripted(['Hel', new StreamError('network', 'gone')]),
      plainText(),
    )
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow(
      /terminated|fetch failed/,
    )
    await piped
  })

  test("closes the provider's socket within 100 ms after the client has left", async () => {
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
    expect(performance.now() - left).toBeLessThan(100)
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
