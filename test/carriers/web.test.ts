import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import type { Format } from '../../src/base/stream-format.js'
import { compatible } from '../../src/entries/compatible.js'
import {
  createStream,
  plainText,
  StreamError,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'

afterEach(() => {
  vi.useRealTimers()
})

const network = new StreamError('network', 'sk-secret leaked by the provider')

function ask(driver: Driver, retry: number | false = false) {
  return createStream({
    driver,
    prompt: 'p',
    retry: retry === false ? false : { maxRetries: retry, minDelayMs: 0 },
  })
}

describe('sse()', () => {
  test('writes id, event and one line of JSON for each event, with the headers proxies need', async () => {
    const response = await toResponse(ask(scripted(['a\nb', 'c'])), sse())
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    const frames = (await response.text()).split('\n\n').slice(0, -1)
    expect(frames.map((frame) => frame.split('\n').slice(0, 2))).toEqual([
      ['id: 1', 'event: start'],
      ['id: 2', 'event: content'],
      ['id: 3', 'event: content'],
      ['id: 4', 'event: complete'],
    ])
    expect(frames[1]).toBe(
      'id: 2\nevent: content\ndata: {"type":"content","index":0,"kind":"text","text":"a\\nb"}',
    )
  })

  test('writes one chunk for each network chunk', async () => {
    const body = toReadableStream(ask(scripted([{ chunk: ['a', 'b', 'c'] }, 'd'])), sse())
    const chunks: string[] = []
    for await (const chunk of body) chunks.push(new TextDecoder().decode(chunk))
    expect(chunks.map((chunk) => chunk.match(/^event: /gm)?.length)).toEqual([1, 3, 1, 1])
  })

  test("never sends the provider's words", async () => {
    const text = await (await toResponse(ask(scripted(['a', network]), 1), sse())).text()
    expect(text).toContain('event: retry')
    expect(text).toContain('event: error')
    expect(text).toContain('The connection to the model failed.')
    expect(text).not.toContain('sk-secret')
  })

  test('sends retry: once if retryMs is set', async () => {
    const text = await new Response(
      toReadableStream(ask(scripted(['a'])), sse({ retryMs: 5000 })),
    ).text()
    expect(text).toMatch(/^retry: 5000\n\nid: 1\n/)
    expect(text.match(/retry: 5000/g)).toHaveLength(1)
  })

  test('sends a comment after heartbeatMs without output, never inside an event', async () => {
    vi.useFakeTimers()
    const driver = scripted([{ waitMs: 3600 }, 'a'])
    const text = new Response(toReadableStream(ask(driver), sse({ heartbeatMs: 1000 }))).text()
    await vi.runAllTimersAsync()
    const frames = (await text).split('\n\n').slice(0, -1)
    expect(frames.slice(1, 5)).toEqual([':', ':', ':', expect.stringContaining('event: content')])
    expect(
      frames.every((frame) => frame === ':' || /^id: \d+\nevent: \w+\ndata: \{.*\}$/.test(frame)),
    ).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('with earlyStatus turns a failure before the first content into a status', async () => {
    const busy = new StreamError('rate-limit', 'secret words', { retryAfterMs: 1500 })
    const response = await toResponse(ask(scripted([busy])), sse({ earlyStatus: true }))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toEqual({
      error: {
        code: 'rate-limit',
        message: 'Too many requests. Try again later.',
        retryable: true,
        retryAfterMs: 1500,
      },
    })
  })

  test.each([{ heartbeatMs: 0 }, { retryMs: -1 }, { heartbeat: 1 }])('refuses %j', (options) => {
    expect(() => sse(options as never)).toThrow(TypeError)
  })
})

describe('plainText()', () => {
  test('writes the text and nothing else', async () => {
    const driver = scripted([
      { type: 'content', kind: 'reasoning', index: 0, text: 'hm' },
      { type: 'content', kind: 'text', index: 1, text: 'Hel' },
      { type: 'content', kind: 'text', index: 1, text: 'lo' },
    ])
    const response = await toResponse(ask(driver), plainText())
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe('Hello')
  })

  test.each([
    ['rate-limit', 429],
    ['overloaded', 503],
    ['timeout', 504],
    ['network', 502],
    ['auth', 500],
  ] as const)('turns %s before the first content into status %i', async (code, status) => {
    const response = await toResponse(ask(scripted([new StreamError(code, 'secret')])), plainText())
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('secret')
  })

  test('errors when the stream fails after content, so that half an answer never looks complete', async () => {
    const response = await toResponse(ask(scripted(['Hel', network])), plainText())
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toMatchObject({
      code: 'network',
      message: 'The connection to the model failed.',
      cause: network,
    })
  })

  test('errors with retracted when the stream restarts after text was sent', async () => {
    const response = await toResponse(ask(scripted([['Hel', network], ['Hello']]), 1), plainText())
    await expect(response.text()).rejects.toMatchObject({ code: 'retracted' })
  })

  test('continues when the stream restarts before any text', async () => {
    const response = await toResponse(ask(scripted([[network], ['Hello']]), 1), plainText())
    expect(await response.text()).toBe('Hello')
  })
})

describe('a body', () => {
  test('sends no request before it is read', async () => {
    const driver = scripted(['a'])
    const asked = vi.spyOn(driver, 'stream')
    const response = await toResponse(ask(driver), sse())
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).not.toHaveBeenCalled()
    await response.text()
  })

  test("closes the provider's connection when it is cancelled, even during a pending read", async () => {
    const provider = simulatedProvider({
      paceMs: 0,
      answer: { text: 'a b c d', fault: { kind: 'stall', afterEvents: 3 } },
    })
    const server = await provider.listen()
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: `${server.url}/v1` })
    const reader = toReadableStream(ask(driver), sse()).getReader()
    await reader.read()
    await reader.read()
    await reader.cancel()
    const cancelled = performance.now()
    expect(await provider.requests[0]?.closed).toBe('aborted')
    expect(performance.now() - cancelled).toBeLessThan(2_000)
    await server.close()
  })

  test('holds the provider back while it is not read', async () => {
    let pulls = 0
    const driver: Driver = {
      provider: 'p',
      model: 'm',
      async *stream() {
        for (; pulls < 1000; pulls++) yield { type: 'content', kind: 'text', index: 0, text: 'x' }
        return { finishReason: 'stop', usage: {} }
      },
    }
    const reader = toReadableStream(ask(driver), sse()).getReader()
    await reader.read()
    await reader.read()
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(pulls).toBeLessThan(5)
    await reader.cancel()
  })

  test('accepts any iterable of events', async () => {
    async function* events() {
      yield* ask(scripted(['a']))
    }
    expect(await new Response(toReadableStream(events(), plainText())).text()).toBe('a')
  })

  test('ends with an error event when the iterable ends without a terminal event', async () => {
    async function* cut() {
      for await (const event of ask(scripted(['a']))) {
        if (event.type === 'complete') return
        yield event
      }
    }
    const text = await (await toResponse(cut(), sse())).text()
    expect(text.match(/^event: .*$/gm)).toEqual(['event: start', 'event: content', 'event: error'])
    expect(text).toContain('"code":"interrupted"')
    await expect(toResponse(cut(), plainText()).then((each) => each.text())).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  test('lets a generator run to its end after the terminal event', async () => {
    const saved: string[] = []
    async function* saving() {
      for await (const event of ask(scripted(['a']))) {
        yield event
        if (event.type === 'complete') saved.push(event.text)
      }
      saved.push('end')
    }
    await (await toResponse(saving(), sse())).text()
    expect(saved).toEqual(['a', 'end'])
  })

  test('calls return() of a generator when it is cancelled', async () => {
    let returned = false
    async function* endless() {
      try {
        for (;;) yield* [{ type: 'start', id: 's', provider: 'p', model: 'm' } as const]
      } finally {
        returned = true
      }
    }
    const reader = toReadableStream(endless(), sse()).getReader()
    await reader.read()
    await reader.cancel()
    expect(returned).toBe(true)
  })

  test('ends and cancels the stream when the format has written an end of its own', async () => {
    let told: StreamError | undefined
    const format: Format = {
      ...sse(),
      encoder: () => ({
        encode: (events) => {
          if (events[0]?.type === 'content') told = new StreamError('retracted', 'r')
          return `${events[0]?.type}\n`
        },
        get ended() {
          return told
        },
      }),
    }
    const stream = ask(scripted(['a', 'b']))
    const final = stream.final()
    final.catch(() => {})
    expect(await new Response(toReadableStream(stream, format)).text()).toBe('start\ncontent\n')
    await expect(final).rejects.toMatchObject({ code: 'aborted' })
  })

  test("errors at an event that cannot be written, and closes the provider's connection", async () => {
    const source: StreamEvent = { type: 'content', kind: 'source', index: 1, raw: 5n }
    const stream = ask(scripted(['a', source, 'b', { hang: true }]))
    const final = stream.final()
    final.catch(() => {})
    await expect(new Response(toReadableStream(stream, sse())).text()).rejects.toMatchObject({
      code: 'unknown',
      message: 'Something went wrong.',
    })
    await expect(final).rejects.toMatchObject({ code: 'aborted' })
  })

  test('keeps every cookie of the caller and writes each header once', async () => {
    const headers = new Headers({ 'Cache-Control': 'no-cache' })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    const response = await toResponse(ask(scripted(['a'])), sse(), { headers })
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('cache-control')).toBe('no-cache')
  })

  test('uses the status and headers of the caller', async () => {
    const response = await toResponse(ask(scripted(['a'])), sse(), {
      status: 201,
      headers: { 'x-mine': '1', 'cache-control': 'private' },
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-mine')).toBe('1')
    expect(response.headers.get('cache-control')).toBe('private')
  })
})
