import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createStream } from '../../src/entries/index.js'
import {
  type Fault,
  type SimulatedProvider,
  type SimulatedProviderOptions,
  type SimulatedServer,
  simulatedProvider,
} from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

type Ask = (
  body?: unknown,
  headers?: Record<string, string>,
  init?: RequestInit & { path?: string },
) => Promise<Response>

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true }

function asker(fetcher: SimulatedProvider['fetch'], url: string): Ask {
  return (body = chat, headers = {}, { path = '/v1/chat/completions', ...init } = {}) =>
    fetcher(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer any', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    })
}

/** What came, and the error that ended it. */
async function read(
  response: Response,
): Promise<{ text: string; sizes: number[]; error: unknown }> {
  const decoder = new TextDecoder()
  const sizes: number[] = []
  let text = ''
  let error: unknown
  try {
    for await (const chunk of response.body ?? []) {
      sizes.push(chunk.length)
      text += decoder.decode(chunk, { stream: true })
    }
  } catch (caught) {
    error = caught
  }
  return { text, sizes, error }
}

const eventsIn = (text: string): string[] => text.split('\n\n').slice(0, -1)

describe.each(['fetch', 'socket'] as const)('a simulated provider over %s', (way) => {
  const servers: SimulatedServer[] = []
  const start = async (
    options: Parameters<typeof simulatedProvider>[0] = {},
  ): Promise<{ provider: SimulatedProvider; ask: Ask }> => {
    const provider = simulatedProvider({ paceMs: 0, ...options })
    if (way === 'fetch') return { provider, ask: asker(provider.fetch, 'http://simulated.test') }
    const server = await provider.listen()
    servers.push(server)
    return { provider, ask: asker(fetch, server.url) }
  }
  const withFault = (fault: Fault, text = 'one two three four five six') =>
    start({ answer: { text, fault } })
  let plain: { provider: SimulatedProvider; ask: Ask }

  beforeAll(async () => {
    plain = await start()
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })

  test('each event is one network chunk, in the form of the wire', async () => {
    const { ask } = await start({ answer: 'Grüße 🌊', paceMs: way === 'fetch' ? 0 : 1 })
    const response = await ask({ ...chat, stream_options: { include_usage: true } })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    const { text } = await read(response)
    const data = eventsIn(text).map((event) => event.replace('data: ', ''))
    expect(data.at(-1)).toBe('[DONE]')
    const chunks: unknown[] = data.slice(0, -1).map((json) => JSON.parse(json) as unknown)
    expect(chunks).toMatchObject([
      { choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }] },
      { choices: [{ delta: { content: 'Grüße' } }], usage: null },
      { choices: [{ delta: { content: ' 🌊' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { completion_tokens: 2 } },
    ])
  })

  test('the Anthropic wire has named events, in order', async () => {
    const { ask } = await start({ answer: 'Grüße 🌊' })
    const body = { ...chat, max_tokens: 9 }
    const { text } = await read(await ask(body, {}, { path: '/any/v1/messages' }))
    const names = eventsIn(text).map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      expect(JSON.parse(data ?? '')).toHaveProperty('type', name)
      return name
    })
    expect(names).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  test('a wrong path, method, key or body is refused in the words of the provider', async () => {
    const { ask, provider } = plain
    const error = async (response: Promise<Response>): Promise<[number, unknown]> => {
      const { status, json } = await response.then(async (answer) => ({
        status: answer.status,
        json: (await answer.json()) as { error: unknown },
      }))
      return [status, json.error]
    }
    const messages = { path: '/v1/messages' }
    expect(await error(ask(chat, {}, { path: '/v1/wrong' }))).toMatchObject([
      404,
      { message: 'Invalid URL (POST /v1/wrong)', type: 'invalid_request_error' },
    ])
    expect(provider.requests.at(-1)?.wire).toBeUndefined()
    expect(await error(ask(chat, { authorization: '' }))).toMatchObject([
      401,
      { type: 'invalid_request_error', code: 'invalid_api_key' },
    ])
    expect(await error(ask(chat, { authorization: '' }, messages))).toMatchObject([
      401,
      { type: 'authentication_error' },
    ])
    expect(await error(ask({ model: 'm' }))).toMatchObject([400, { param: 'messages' }])
    expect(await error(ask('not json'))).toMatchObject([400, { type: 'invalid_request_error' }])
    expect(await error(ask({ model: 'm' }, {}, messages))).toMatchObject([
      400,
      { type: 'invalid_request_error', message: 'messages: Field required' },
    ])
    expect(await provider.requests.at(-1)?.closed).toBe('finished')
    const free = await start({ requireKey: false })
    expect((await free.ask(chat, { authorization: '' })).status).toBe(200)
  })

  test('status: body and headers can be given', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'Retry-After': '7' } } as const
    const { ask } = await withFault({ ...fault, body: { detail: 'slow down' } })
    const response = await ask()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual({ detail: 'slow down' })
  })

  test.each(everyDriver)(
    "status: the wait of the test wins over the provider's own ($name)",
    async ({ driver }) => {
      for (const [name, value] of [
        ['Retry-After', '7'],
        ['retry-after-ms', '7000'],
      ] as const) {
        const fault = { kind: 'status', status: 429, headers: { [name]: value } } as const
        const { fetch } = simulatedProvider({ answer: { fault } })
        const stream = createStream({ driver: driver({ fetch }), prompt: 'Hi', retry: false })
        await expect(stream.final()).rejects.toMatchObject({ retryAfterMs: 7_000 })
      }
    },
  )

  test('refuse: there is no response', async () => {
    const { ask } = await withFault({ kind: 'refuse' })
    await expect(ask()).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
  })

  test.each([0, 1, 4])('cut: the body fails after %i events', async (afterEvents) => {
    const { ask, provider } = await withFault({ kind: 'cut', afterEvents })
    const response = await ask()
    expect(response.status).toBe(200)
    const { text, error } = await read(response)
    expect(eventsIn(text)).toHaveLength(afterEvents)
    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' })
    expect(error).toHaveProperty('cause.code', 'UND_ERR_SOCKET')
    expect(await provider.requests[0]?.closed).toBe('finished')
    expect(provider.requests[0]?.sent).toBe(afterEvents)
  })

  test('end: the body ends cleanly and says nothing of its end', async () => {
    const { ask } = await withFault({ kind: 'end', afterEvents: 3 })
    const { text, error } = await read(await ask())
    expect(error).toBeUndefined()
    expect(eventsIn(text)).toHaveLength(3)
    expect(text).not.toMatch(/DONE|"stop"/)
  })

  test('stall: nothing more comes until the client leaves, which is seen at once', async () => {
    const { ask, provider } = await withFault({ kind: 'stall', afterEvents: 3 })
    const controller = new AbortController()
    const response = await ask(chat, {}, { signal: controller.signal })
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let text = ''
    while (eventsIn(text).length < 3) text += decoder.decode((await reader?.read())?.value)
    const pending = reader?.read()
    const aborted = performance.now()
    controller.abort()
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
    expect(await provider.requests[0]?.closed).toBe('aborted')
    expect(performance.now() - aborted).toBeLessThan(2_000)
    expect(provider.requests[0]?.sent).toBe(3)
  })

  test('error: the error comes after the events before it, and the stream ends', async () => {
    const { ask } = await withFault({ kind: 'error', afterEvents: 2 })
    const { text, error } = await read(await ask())
    expect(error).toBeUndefined()
    expect(eventsIn(text)).toHaveLength(3)
    expect(JSON.parse(eventsIn(text)[2]?.slice(6) ?? '')).toMatchObject({
      error: { type: 'server_error' },
    })
    const named = await read(await ask({ ...chat, max_tokens: 9 }, {}, { path: '/v1/messages' }))
    expect(eventsIn(named.text)[2]).toMatch(/^event: error\ndata: {"type":"error"/)
    expect(named.text).toContain('overloaded_error')
    const own = await withFault({ kind: 'error', afterEvents: 0, body: { error: 'mine' } })
    expect((await read(await own.ask())).text).toBe('data: {"error":"mine"}\n\n')
  })

  test.each([1, 3, 5000])('split: chunks of %i bytes, and the answer is whole', async (size) => {
    const whole = await withFault({ kind: 'headers', headers: {} }, 'Grüße 🌊 fini')
    const split = await withFault({ kind: 'split', chunkBytes: size }, 'Grüße 🌊 fini')
    const one = await read(await whole.ask())
    const two = await read(await split.ask())
    const created = /"created":\d+/g
    expect(two.text.replace(created, '')).toBe(one.text.replace(created, ''))
    if (way === 'fetch') {
      expect(new Set(two.sizes.slice(0, -1)).size).toBeLessThanOrEqual(1)
      expect(two.sizes[0]).toBe(Math.min(size, Buffer.byteLength(two.text)))
    }
  })

  test('headers: they take the place of the provider’s own', async () => {
    const { ask } = await withFault({ kind: 'headers', headers: { 'Content-Type': 'text/html' } })
    expect((await ask()).headers.get('content-type')).toBe('text/html')
  })

  test('an answer that is not a stream breaks in its middle', async () => {
    const asked = { ...chat, stream: false }
    const cut = await withFault({ kind: 'cut', afterEvents: 9 })
    const { text, error } = await read(await cut.ask(asked))
    expect(error).toMatchObject({ message: 'terminated' })
    expect(text).toMatch(/^{"id":/)
    expect(() => JSON.parse(text) as unknown).toThrow()
    const failed = await withFault({ kind: 'error', afterEvents: 9 })
    expect((await failed.ask(asked)).status).toBe(500)
  })

  test('a request header asks for a fault, once for each id', async () => {
    const { ask } = plain
    const strikeOnce = { 'x-simulated-fault': 'status=429; retry-after=3; once=first' }
    const faulty = await ask(chat, strikeOnce)
    expect([faulty.status, faulty.headers.get('retry-after')]).toEqual([429, '3'])
    expect((await read(await ask(chat, strikeOnce))).text).toContain('[DONE]')
    const other = { 'x-simulated-fault': 'end=2;once=second' }
    expect(eventsIn((await read(await ask(chat, other))).text)).toHaveLength(2)
    const always = { 'x-simulated-fault': 'cut=1' }
    expect((await read(await ask(chat, always))).error).toBeDefined()
    expect((await read(await ask(chat, always))).error).toBeDefined()
    await expect(ask(chat, { 'x-simulated-fault': 'refuse' })).rejects.toThrow('fetch failed')
  })

  test.each(['cut', 'cut=-1', 'status=200', 'split=0', 'later=4', 'cut=1; twice=a'])(
    'a fault that cannot be read (%s) is explained',
    async (fault) => {
      const response = await plain.ask(chat, { 'x-simulated-fault': fault })
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('x-simulated-fault')
    },
  )

  test('a list of answers is a script whose last answer repeats', async () => {
    const { ask, provider } = await start({ answer: ['one', { text: 'two' }] })
    const texts: string[] = []
    for (const _ of [1, 2, 3]) {
      const answer = (await (await ask({ ...chat, stream: false })).json()) as {
        choices: { message: { content: string } }[]
      }
      texts.push(answer.choices[0]?.message.content ?? '')
    }
    expect(texts).toEqual(['one', 'two', 'two'])
    expect(provider.requests).toHaveLength(3)
  })

  test('a function answers the request, and its failure is a status', async () => {
    const { ask } = await start({
      answer: async ({ body, headers }) => {
        if (headers['x-fail']) throw new Error('no idea')
        return `asked ${JSON.stringify(body).length > 0}`
      },
    })
    expect((await read(await ask())).text).toContain('" true"')
    const failed = await ask(chat, { 'x-fail': '1' })
    expect(failed.status).toBe(500)
    expect(await failed.text()).toContain('no idea')
  })

  test('a client that leaves before the answer is known is seen', async () => {
    let asked = (): void => {}
    const reached = new Promise<void>((resolve) => {
      asked = resolve
    })
    const { ask, provider } = await start({
      answer: () => {
        asked()
        return new Promise(() => {})
      },
    })
    const controller = new AbortController()
    const response = ask(chat, {}, { signal: controller.signal })
    await reached
    controller.abort()
    await expect(response).rejects.toMatchObject({ name: 'AbortError' })
    expect(await provider.requests[0]?.closed).toBe('aborted')
  })

  test('abort in the middle of a pause stops the pacing', async () => {
    const { ask, provider } = await start({ paceMs: 60_000 })
    const controller = new AbortController()
    const response = await ask(chat, {}, { signal: controller.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    const pending = reader?.read().then(() => reader.read())
    controller.abort()
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
    expect(await provider.requests[0]?.closed).toBe('aborted')
    // The role chunk and the first token at most.
    expect(provider.requests[0]?.sent).toBeLessThanOrEqual(2)
  })

  test('a reader that holds back holds the model back', async () => {
    const words = 200_000
    const { ask, provider } = await start({ answer: 'word '.repeat(words) })
    const response = await ask()
    const reader = response.body?.getReader()
    await reader?.read()
    let before = -1
    // Until the buffers between the two are full, nothing can be said; then it has to stand still.
    while (before !== provider.requests[0]?.sent) {
      before = provider.requests[0]?.sent ?? 0
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    }
    expect(before).toBeLessThan(words / 2)
    await reader?.cancel()
    expect(await provider.requests[0]?.closed).toBe('aborted')
  })
})

describe('the timers of a simulated provider', () => {
  test('are one for each pause, and none after the client has left', async () => {
    vi.useFakeTimers()
    try {
      const controller = new AbortController()
      const ask = asker(simulatedProvider({ paceMs: 50 }).fetch, 'http://simulated.test')
      for (const leave of ['cancel', 'abort']) {
        const response = await ask(chat, {}, { signal: controller.signal })
        const reader = response.body?.getReader()
        await reader?.read()
        await reader?.read()
        expect(vi.getTimerCount()).toBe(0)
        const pending = reader?.read()
        await vi.advanceTimersByTimeAsync(49)
        expect(vi.getTimerCount()).toBe(1)
        await vi.advanceTimersByTimeAsync(1)
        expect((await pending)?.value).toBeDefined()
        const last = reader?.read().catch(() => {})
        await vi.advanceTimersByTimeAsync(1)
        expect(vi.getTimerCount()).toBe(1)
        if (leave === 'cancel') await reader?.cancel()
        else controller.abort()
        await last
        expect(vi.getTimerCount()).toBe(0)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  test('are none without a pace', async () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout')
    await read(await asker(simulatedProvider({ paceMs: 0 }).fetch, 'http://simulated.test')())
    expect(setTimer).not.toHaveBeenCalled()
    setTimer.mockRestore()
  })
})

test('remembers the last 1,000 requests', async () => {
  const provider = simulatedProvider()
  for (let index = 0; index < 1_003; index++) await provider.fetch(`http://simulated.test/${index}`)
  expect(provider.requests).toHaveLength(1_000)
  expect(provider.requests[0]?.path).toBe('/3')
})

test('a fetch that is aborted before it begins asks nothing', async () => {
  const provider = simulatedProvider()
  const signal = AbortSignal.abort()
  await expect(provider.fetch('http://simulated.test/', { signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(provider.requests).toHaveLength(0)
})

test('fetch takes a Request and a URL', async () => {
  const { fetch } = simulatedProvider({ paceMs: 0 })
  const url = new URL('http://simulated.test/v1/chat/completions?api-version=1')
  const body = JSON.stringify(chat)
  const request = new Request(url, { method: 'POST', headers: { 'api-key': 'any' }, body })
  expect(await (await fetch(request)).text()).toContain('[DONE]')
  expect((await fetch(url)).status).toBe(405)
})

test('close() breaks off open connections', async () => {
  const provider = simulatedProvider({
    paceMs: 0,
    answer: { fault: { kind: 'stall', afterEvents: 1 } },
  })
  const server = await provider.listen()
  const response = await asker(fetch, server.url)()
  const reading = read(response)
  await server.close()
  expect((await reading).error).toMatchObject({ message: 'terminated' })
  expect(await provider.requests[0]?.closed).toBe('aborted')
  const socket = connect(server.port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
})

test('a socket that is destroyed is seen, whatever the client was', async () => {
  const provider = simulatedProvider({ paceMs: 60_000 })
  const server = await provider.listen()
  const socket = connect(server.port, '127.0.0.1')
  const body = JSON.stringify(chat)
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer any\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  const left = performance.now()
  socket.destroy()
  expect(await provider.requests[0]?.closed).toBe('aborted')
  expect(performance.now() - left).toBeLessThan(2_000)
  await server.close()
})

test('a port that is taken is an error', async () => {
  const provider = simulatedProvider()
  const { port, close } = await provider.listen()
  await expect(provider.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await close()
})

test('options of listen() are checked', async () => {
  const { listen } = simulatedProvider()
  await expect(listen({ port: 70_000 })).rejects.toThrow('Option "port" is 70000')
  await expect(listen({ hostname: 'a' } as never)).rejects.toThrow('Unknown option "hostname"')
})

test('an option that makes no sense is refused by name', () => {
  const bad = (options: unknown) => () => simulatedProvider(options as SimulatedProviderOptions)
  const faulty = (fault: unknown) => bad({ answer: { text: 'a', fault } })
  expect(bad({ paceMs: -1 })).toThrow('Option "paceMs" is -1')
  expect(bad({ paceMs: Infinity })).toThrow('Option "paceMs" is Infinity')
  expect(bad({ pace: 5 })).toThrow('Unknown option "pace". Did you mean "paceMs"?')
  expect(bad({ answer: [] })).toThrow('Option "answer" is []')
  expect(bad({ answer: 5 })).toThrow('Option "answer" is 5')
  expect(bad({ answer: ['a', { txt: 'b' }] })).toThrow('Unknown option "answer[1].txt"')
  expect(bad({ answer: { toolCalls: [{ nam: 'a', input: {} }] } })).toThrow(
    'Unknown option "answer.toolCalls[0].nam". Did you mean "name"?',
  )
  expect(bad({ answer: { usage: { inputToken: 1 } } })).toThrow('Did you mean "inputTokens"?')
  expect(faulty({ kind: 'stal', afterEvents: 1 })).toThrow(
    'Option "answer.fault.kind" is "stal". Did you mean "stall"? Allowed: "status", "refuse", "cut"',
  )
  expect(faulty({ kind: 'cut', afterEvent: 1 })).toThrow('Did you mean "afterEvents"?')
  expect(faulty({ kind: 'cut' })).toThrow('Option "answer.fault.afterEvents" is undefined')
  expect(faulty({ kind: 'status', status: 200 })).toThrow('Allowed: a status from 400 to 599')
  expect(faulty({ kind: 'refuse', afterEvents: 1 })).toThrow('"answer.fault.afterEvents"')
})

test('an answer function that returns a misspelt fault fails its request by name', async () => {
  const answer = () => ({ fault: { kind: 'ct', afterEvents: 1 } }) as never
  const ask = asker(simulatedProvider({ answer }).fetch, 'http://simulated.test')
  const response = await ask()
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('answer.fault.kind')
})
