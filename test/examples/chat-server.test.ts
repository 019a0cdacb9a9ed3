import type { Hono } from 'hono'
import {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  simulatedProvider,
} from 'sluice/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createApp } from '../../examples/chat-server/app.ts'
import {
  claudeProvider,
  geminiProvider,
  openaiProvider,
  type Providers,
} from '../../examples/chat-server/providers.ts'
import { Example } from './child.ts'
import { milestones, receive } from './scenario-client.ts'
import { Sockets } from './sockets.ts'

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
]

/** Each route with a good body. */
const routes = [
  { path: '/openai/basic', body: { prompt: 'Hi' }, type: 'text/plain' },
  { path: '/claude/basic', body: { prompt: 'Hi' }, type: 'text/plain' },
  { path: '/gemini/basic', body: { prompt: 'Hi' }, type: 'text/plain' },
  { path: '/openai/sse', body: { messages }, type: 'text/event-stream' },
  { path: '/claude/sse', body: { messages }, type: 'text/event-stream' },
  { path: '/gemini/sse', body: { messages }, type: 'text/event-stream' },
  { path: '/ai/unified', body: { messages, provider: 'claude' }, type: 'text/event-stream' },
  { path: '/ai/retry', body: { prompt: 'Hi' }, type: 'text/event-stream' },
  {
    path: '/ai/conversation',
    body: { session_id: 'eve', message: 'Hi' },
    type: 'text/event-stream',
  },
] as const

/** Whose answers end with their connections. */
const fleeting = routes.filter(({ path }) => path !== '/ai/conversation')

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

const settings = { apiKey: 'any', simulated: true }

function inProcess(options: SimulatedProviderOptions = {}): {
  app: Hono
  provider: SimulatedProvider
} {
  const provider = simulatedProvider({ paceMs: 0, ...options })
  const fetch: typeof globalThis.fetch = (input, init) => provider.fetch(input, init)
  const providers: Providers = {
    openai: openaiProvider({ ...settings, fetch, baseURL: 'http://simulated/v1' }),
    claude: claudeProvider({ ...settings, fetch, baseURL: 'http://simulated' }),
    gemini: geminiProvider({ ...settings, fetch, baseURL: 'http://simulated/v1beta' }),
  }
  return { app: createApp({ providers }), provider }
}

describe('the answers', () => {
  test.each([
    ['openai', 'openai-chat'],
    ['claude', 'anthropic-messages'],
    ['gemini', 'gemini'],
  ])('%s/basic is the text and nothing else', async (name, wire) => {
    const { app, provider } = inProcess({ answer: 'One two three. 🌊' })
    const response = await app.request(`/${name}/basic`, post({ prompt: 'Count' }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe('One two three. 🌊')
    expect(provider.requests.map((request) => request.wire)).toEqual([wire])
  })

  test('gemini/sse has the events of openai/sse', async () => {
    const { app } = inProcess({ answer: 'One two three.' })
    const received = await receive(await app.request('/gemini/sse', post({ messages })))
    expect(received.text).toBe('One two three.')
    expect(received.ids).toEqual([1, 2, 3])
    expect(milestones(received)).toEqual([
      ['start', { model: 'gemini-3-flash-preview' }],
      ['complete', { full_content: received.text, finish_reason: 'stop', token_count: 3 }],
    ])
  })

  test('the history and the settings reach OpenAI', async () => {
    const { app, provider } = inProcess()
    const body = { messages, model: 'gpt-other', temperature: 0.5, max_tokens: 77 }
    await (await app.request('/openai/sse', post(body))).text()
    expect(provider.requests[0]?.body).toMatchObject({
      model: 'gpt-other',
      temperature: 0.5,
      max_completion_tokens: 77,
      messages,
    })
  })

  test('the history and the settings reach Claude', async () => {
    const { app, provider } = inProcess()
    const body = { messages, model: 'claude-other', temperature: 0.5, max_tokens: 77 }
    await (await app.request('/claude/sse', post(body))).text()
    expect(provider.requests[0]?.body).toMatchObject({
      model: 'claude-other',
      temperature: 0.5,
      max_tokens: 77,
      system: 'Be brief.',
    })
  })

  test('the history and the settings reach Gemini', async () => {
    const { app, provider } = inProcess()
    const body = { messages, model: 'gemini-other', temperature: 0.5, max_tokens: 77 }
    await (await app.request('/gemini/sse', post(body))).text()
    expect(provider.requests[0]?.path).toContain('gemini-other')
    expect(provider.requests[0]?.body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { temperature: 0.5, maxOutputTokens: 77 },
    })
  })

  test('OpenAI can be asked over its other wire', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: 'One two.' })
    const other = { ...settings, fetch: provider.fetch, baseURL: 'http://simulated/v1' }
    const openai = openaiProvider({ ...other, api: 'responses' })
    const app = createApp({ providers: { openai, claude: openai, gemini: openai } })
    const response = await app.request('/openai/basic', post({ prompt: 'Hi' }))
    expect(await response.text()).toBe('One two.')
    expect(provider.requests.map(({ wire }) => wire)).toEqual(['openai-responses'])
  })

  test.each([
    ['openai', 'gpt-5.5'],
    ['claude', 'claude-sonnet-5-5'],
    ['gemini', 'gemini-3-flash-preview'],
  ])('/ai/unified asks %s for its default model', async (provider, model) => {
    const { app, provider: simulated } = inProcess()
    await (await app.request('/ai/unified', post({ messages, provider }))).text()
    const [request] = simulated.requests
    expect(`${request?.path} ${JSON.stringify(request?.body)}`).toContain(model)
  })

  test('a failure before the first token is a status for text, and an event for events', async () => {
    const { app } = inProcess({ answer: { fault: { kind: 'status', status: 401 } } })
    const text = await app.request('/openai/basic', post({ prompt: 'Hi' }))
    expect([text.status, await text.text()]).toEqual([
      500,
      'This service is not set up to reach the model.\n',
    ])
    const received = await receive(await app.request('/openai/sse', post({ messages })))
    const error = 'This service is not set up to reach the model.'
    expect(milestones(received).at(-1)).toEqual(['error', { error }])
  })

  test('text that nothing can continue breaks off', async () => {
    const { app, provider } = inProcess({ answer: { fault: { kind: 'cut', afterEvents: 5 } } })
    const response = await app.request('/openai/basic', post({ prompt: 'Hi' }))
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect(provider.requests).toHaveLength(3)
  })
})

describe('bad input', () => {
  const { app, provider } = inProcess()
  const user = { role: 'user', content: 'Hi' }

  test.each<[path: string, body: unknown, field: string]>([
    ['/openai/basic', {}, 'prompt'],
    ['/claude/basic', { prompt: ' ' }, 'prompt'],
    ['/openai/sse', {}, 'messages'],
    ['/openai/sse', { messages: [] }, 'messages'],
    ['/openai/sse', { messages: [{ role: 'robot', content: 'Hi' }] }, 'messages.0.role'],
    ['/claude/sse', { messages: [user, { role: 'user', content: 7 }] }, 'messages.1.content'],
    ['/claude/sse', { messages: [{ role: 'system', content: 'Hi' }] }, 'messages'],
    ['/claude/sse', { messages: [user], temperature: 'hot' }, 'temperature'],
    ['/claude/sse', { messages: [user], max_tokens: 0 }, 'max_tokens'],
    ['/claude/sse', { messages: [user], model: '' }, 'model'],
    ['/ai/unified', { messages: [user], provider: 'gemma' }, 'provider'],
    ['/ai/retry', { prompt: 'Hi', max_retries: -1 }, 'max_retries'],
    ['/ai/retry', [], 'body'],
    ['/ai/retry', '{"prompt": ', 'body'],
    ['/ai/retry', '', 'body'],
  ])('%s answers %j with a 400 that names %s', async (path, body, field) => {
    const response = await app.request(path, post(body))
    expect(response.status).toBe(400)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const { error } = (await response.json()) as { error: string }
    expect(error).toMatch(new RegExp(`^${field}: .`))
    expect(provider.requests).toHaveLength(0)
  })

  test('an unknown route is a 404 in JSON', async () => {
    const response = await app.request('/openai/nothing', post({}))
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error: 'There is no POST /openai/nothing.' })
    const other = await app.request('/api/nothing')
    expect(await other.json()).toMatchObject({ error: { code: 'not-found' } })
  })

  test('a body of more than a megabyte is refused', async () => {
    const response = await app.request('/openai/basic', post({ prompt: 'a'.repeat(1_000_001) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ error: expect.stringContaining('1000000 bytes') })
  })

  test('pages of other origins may ask', async () => {
    const response = await app.request('/openai/sse', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type')
  })
})

describe('over real sockets', () => {
  test.each(fleeting.filter(({ path }) => path !== '/ai/retry'))(
    '$path passes each token on before the provider sends more',
    async ({ path, body }) => {
      // The provider falls silent after some tokens, so whatever arrives was not waiting for the end.
      const answer = { fault: { kind: 'stall', afterEvents: 8 } } as const
      await using sockets = await Sockets.open({ paceMs: 0, answer })
      const response = await fetch(sockets.url + path, post(body))
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      const decoder = new TextDecoder()
      let text = ''
      while (!text.includes('This')) {
        const { value } = await reader.read()
        text += decoder.decode(value, { stream: true })
      }
      expect(text).not.toContain('complete')
      await reader.cancel()
      expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
    },
  )

  test.each(fleeting)('$path: a client that leaves closes the provider', async (route) => {
    using log = vi.spyOn(console, 'error')
    const endless = { paceMs: 5, answer: 'word '.repeat(2_000) }
    await using sockets = await Sockets.open(endless, { isReal: true })
    const leaving = new AbortController()
    const { signal } = leaving
    const response = await fetch(sockets.url + route.path, { ...post(route.body), signal })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const decoder = new TextDecoder()
    let text = ''
    while (!text.includes('word')) {
      const { value } = await reader.read()
      text += decoder.decode(value, { stream: true })
    }
    const left = performance.now()
    leaving.abort()
    expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
    expect(performance.now() - left).toBeLessThan(2_000)
    expect(sockets.provider.requests).toHaveLength(1)
    // That a client leaves is nothing to be told about.
    expect(log).not.toHaveBeenCalled()
  })

  test('text that breaks off reaches the client as a broken connection, and the server goes on', async () => {
    // The response writer prints the failure, and the adapter the body that broke off.
    using log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const cut = { fault: { kind: 'cut', afterEvents: 5 } } as const
    const answer = [cut, cut, cut, 'Well again.']
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    const broken = await fetch(`${sockets.url}/openai/basic`, post({ prompt: 'Hi' }))
    await expect(broken.text()).rejects.toThrow()
    expect(log).toHaveBeenCalledTimes(2)
    expect(log.mock.calls[0]?.[0]).toMatch(/^sluice: network: /)
    const whole = await fetch(`${sockets.url}/openai/basic`, post({ prompt: 'Hi' }))
    expect(await whole.text()).toBe('Well again.')
  })

  test('a client of text that leaves before the first token closes the provider, too', async () => {
    const asked = Promise.withResolvers<void>()
    const answer = (): { fault: { kind: 'stall'; afterEvents: number } } => {
      asked.resolve()
      return { fault: { kind: 'stall', afterEvents: 1 } }
    }
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    const leaving = new AbortController()
    const { signal } = leaving
    const response = fetch(`${sockets.url}/claude/basic`, { ...post({ prompt: 'Hi' }), signal })
    await asked.promise
    const left = performance.now()
    leaving.abort()
    await expect(response).rejects.toThrow()
    expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
    expect(performance.now() - left).toBeLessThan(2_000)
  })
})

const listening = /Listening on (http:\/\/localhost:(\d+))/

describe('started as a process', () => {
  let server: Example
  let url = ''
  let port = ''

  beforeAll(async () => {
    server = new Example('chat-server/server.ts', { PORT: '0' })
    const [, origin = '', number = ''] = await server.prints(listening)
    url = origin
    port = number
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('says in one line that the provider is simulated, and prints a command for each route', () => {
    const lines = server.output.trim().split('\n')
    expect(lines.filter((line) => line.includes('simulated'))).toHaveLength(1)
    for (const { path } of routes) expect(server.output).toContain(`curl -N ${url}${path} `)
  })

  test('every printed command is accepted by its route', async () => {
    const list = await (await fetch(`${url}/`)).text()
    const commands = [...list.matchAll(/^curl -N (\S+) -H '(\S+): (\S+)' -d '(.*)'$/gm)]
    expect(commands).toHaveLength(routes.length)
    for (const [, address = '', name = '', value = '', body = ''] of commands) {
      const headers = { [name]: value }
      const response = await fetch(address, { method: 'POST', headers, body })
      expect([address, response.status]).toEqual([address, 200])
      await response.body?.cancel()
    }
  })

  test.concurrent.each(routes)('$path streams in pieces', async ({ path, body, type }) => {
    const response = await fetch(url + path, post(body))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
    const decoder = new TextDecoder()
    const pieces: string[] = []
    for await (const piece of response.body as ReadableStream<Uint8Array>) {
      pieces.push(decoder.decode(piece, { stream: true }))
    }
    // Over fifty words, one at a time; that some of them meet in a socket is not the server's doing.
    expect(pieces.length).toBeGreaterThan(10)
    const ending = type === 'text/plain' ? '🌊' : 'event: complete'
    expect(pieces.findIndex((piece) => piece.includes(ending))).toBeGreaterThan(10)
    expect(pieces.join('')).toContain(type === 'text/plain' ? '"Hi"' : '\\"Hi\\"')
    expect(pieces.some((piece) => piece.includes('event: retry'))).toBe(path === '/ai/retry')
  })

  test('says that a port is taken, and exits with 1', async () => {
    await using second = new Example('chat-server/server.ts', { PORT: port })
    expect(await second.ended()).toBe(1)
    const next = Number(port) + 1
    expect(second.errors).toBe(
      `Port ${port} is taken. Choose another one: PORT=${next} npm start\n`,
    )
    expect(second.output).toBe('')
  })

  test('says what is wrong with a bad port', async () => {
    await using second = new Example('chat-server/server.ts', { PORT: 'eighty' })
    expect(await second.ended()).toBe(1)
    expect(second.errors).toBe('PORT is "eighty". Give a number from 0 to 65535.\n')
  })

  test('says what is wrong with a bad base URL', async () => {
    const environment = { PORT: '0', OPENAI_API_KEY: 'any', OPENAI_BASE_URL: 'nowhere' }
    await using second = new Example('chat-server/server.ts', environment)
    expect(await second.ended()).toBe(1)
    expect(second.errors).toBe('OPENAI_BASE_URL is "nowhere". Give an absolute URL.\n')
  })

  test('says what is wrong with an API that OpenAI does not have', async () => {
    const environment = { PORT: '0', OPENAI_API: 'completions' }
    await using second = new Example('chat-server/server.ts', environment)
    expect(await second.ended()).toBe(1)
    expect(second.errors).toBe('OPENAI_API is "completions". Give chat or responses.\n')
  })
})

describe('started with keys', () => {
  test('it talks to the providers at their base URLs', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: 'From afar.' })
    const upstream = await provider.listen()
    await using server = new Example('chat-server/server.ts', {
      PORT: '0',
      OPENAI_API_KEY: 'key-one',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      OPENAI_API: 'responses',
      ANTHROPIC_API_KEY: 'key-two',
      ANTHROPIC_BASE_URL: upstream.url,
      GEMINI_API_KEY: 'key-three',
      GEMINI_BASE_URL: `${upstream.url}/v1beta`,
    })
    const [, url = ''] = await server.prints(listening)
    for (const name of ['openai', 'claude', 'gemini']) {
      const response = await fetch(`${url}/${name}/basic`, post({ prompt: 'Hi' }))
      expect(await response.text()).toBe('From afar.')
    }
    const retried = await fetch(`${url}/ai/retry`, post({ prompt: 'Hi' }))
    expect(await retried.text()).not.toContain('event: retry')
    expect(server.output).not.toContain('simulated')
    expect(provider.requests.map(({ wire }) => wire)).toEqual([
      'openai-responses',
      'anthropic-messages',
      'gemini',
      'openai-responses',
    ])
    const [first, second, third, fourth] = provider.requests
    expect(first?.headers.authorization).toBe('Bearer key-one')
    expect(JSON.stringify(second?.headers)).toContain('key-two')
    expect(third?.headers['x-goog-api-key']).toBe('key-three')
    // A real provider is not told to fail.
    expect(fourth?.headers).not.toHaveProperty('x-simulated-fault')
    await upstream.close()
  })

  test('with one key, the other providers are simulated', async () => {
    await using server = new Example('chat-server/server.ts', { PORT: '0', OPENAI_API_KEY: 'any' })
    await server.prints(listening)
    expect(server.output).toContain(
      'Without ANTHROPIC_API_KEY and GEMINI_API_KEY, those providers are simulated',
    )
    const [, url = ''] = await server.prints(listening)
    for (const name of ['claude', 'gemini']) {
      const response = await fetch(`${url}/${name}/basic`, post({ prompt: 'Hi' }))
      expect(await response.text()).toContain('simulated model')
    }
  })
})

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends open streams, closes their providers and exits with 0', async () => {
    // The provider falls silent in the middle: only the signal can end these streams.
    const answer = { fault: { kind: 'stall', afterEvents: 8 } } as const
    const provider = simulatedProvider({ paceMs: 0, answer })
    const upstream = await provider.listen()
    await using server = new Example('chat-server/server.ts', {
      PORT: '0',
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      ANTHROPIC_API_KEY: 'any',
      ANTHROPIC_BASE_URL: upstream.url,
    })
    const [, url = ''] = await server.prints(listening)
    const text = await fetch(`${url}/claude/basic`, post({ prompt: 'Hi' }))
    const events = await fetch(`${url}/openai/sse`, post({ messages }))
    const received = receive(events)
    await vi.waitFor(() => expect(provider.requests[1]?.sent).toBe(8))

    const signalled = performance.now()
    server.process.kill(signal)
    const error = 'The request was cancelled.'
    expect(milestones(await received).at(-1)).toEqual(['error', { error }])
    await expect(text.text()).rejects.toThrow()
    const closed = await Promise.all(provider.requests.map((request) => request.closed))
    expect(closed).toEqual(['aborted', 'aborted'])
    expect(await server.ended()).toBe(0)
    expect(performance.now() - signalled).toBeLessThan(2_000)
    expect(server.errors).toBe('')
    await upstream.close()
  })
})
