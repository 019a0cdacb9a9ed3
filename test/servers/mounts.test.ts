import { get, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, plainText, StreamError, sse } from '../../src/entries/index.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'
import { type Mounted, mounts } from './mounts.js'

const open: Mounted[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const { server } of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

describe.each(Object.entries(mounts))('%s', (_name, mount) => {
  async function serve(driver: Driver): Promise<string> {
    const mounted = await mount((path) => ({
      stream: createStream({ driver, prompt: 'p', retry: false }),
      format: path === '/text' ? plainText() : sse({ earlyStatus: path === '/early' }),
    }))
    open.push(mounted)
    return mounted.url
  }

  test('streams token by token', async () => {
    const next = Promise.withResolvers<void>()
    const driver: Driver = {
      provider: 'p',
      model: 'm',
      async *stream() {
        yield { type: 'content', kind: 'text', index: 0, text: 'first' }
        await next.promise
        yield { type: 'content', kind: 'text', index: 0, text: 'second' }
        return { finishReason: 'stop', usage: {} }
      },
    }
    const response = await fetch(`${await serve(driver)}/events`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    const decoder = new TextDecoder()
    let text = ''
    let before: string | undefined
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece, { stream: true })
      if (before !== undefined || !text.includes('first')) continue
      before = text
      next.resolve()
    }
    expect(before).not.toContain('second')
    expect(text).toMatch(/"text":"second"[^]*event: complete/)
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
    const url = await serve(driver)
    const response = await new Promise<IncomingMessage>((resolve) => get(`${url}/text`, resolve))
    response.pause()
    let before = -1
    while (before !== sent) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(500)
    response.destroy()
  })

  test("closes the provider's socket when the client has left, long before the answer is over", async () => {
    // Ten seconds of it.
    const provider = simulatedProvider({ paceMs: 5, answer: 'word '.repeat(2000) })
    const upstream = await provider.listen()
    const url = await serve(compatible({ model: 'm', apiKey: 'k', baseURL: `${upstream.url}/v1` }))
    const response = await new Promise<IncomingMessage>((resolve) => get(`${url}/events`, resolve))
    while ((provider.requests[0]?.sent ?? 0) < 3) {
      await new Promise((resolve) => response.once('data', resolve))
    }
    response.destroy()
    const left = performance.now()
    expect(await provider.requests[0]?.closed).toBe('aborted')
    // It takes a few milliseconds; a busy machine takes longer to tell.
    expect(performance.now() - left).toBeLessThan(2_000)
    const { sent } = provider.requests[0] as { sent: number }
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(provider.requests[0]?.sent).toBe(sent)
    await upstream.close()
  })

  test('answers a failure before content with its status, and without the words', async () => {
    const busy = new StreamError('rate-limit', 'sk-secret', { retryAfterMs: 1500 })
    const url = await serve(scripted([busy]))
    for (const path of ['early', 'text']) {
      const response = await fetch(`${url}/${path}`)
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toBe('2')
      const body = await response.text()
      expect(body).toContain('Too many requests.')
      expect(body).not.toContain('sk-secret')
    }
  })

  test('tells a failure after content, as an event or by breaking text off', async () => {
    // Some frameworks log bodies that break off.
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const url = await serve(scripted(['Hel', new StreamError('network', 'sk-secret')]))
    const events = await (await fetch(`${url}/events`)).text()
    expect(events).toMatch(/event: error\ndata: \{[^\n]*"code":"network"/)
    expect(events).not.toContain('sk-secret')
    await expect(fetch(`${url}/text`).then((each) => each.text())).rejects.toThrow(
      /terminated|fetch failed/,
    )
  })
})

test('Fastify keeps the headers that its hooks have set', async () => {
  const mounted = await mounts['Fastify 5']?.(() => ({
    stream: createStream({ driver: scripted(['a']), prompt: 'p' }),
    format: sse(),
  }))
  if (mounted === undefined) throw new Error('There is no Fastify.')
  open.push(mounted)
  const response = await fetch(`${mounted.url}/events`)
  expect(response.headers.get('x-hook')).toBe('kept')
  await response.text()
})
