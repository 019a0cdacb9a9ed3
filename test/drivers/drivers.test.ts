import Anthropic from '@anthropic-ai/sdk'
import { BaseAnthropic } from '@anthropic-ai/sdk/client'
import { HttpResponse, http } from 'msw/http'
import { setupServer } from 'msw/node'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { type AnthropicClient, anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, StreamError } from '../../src/entries/index.js'
import { type OpenAIClient, openai } from '../../src/entries/openai.js'
import { type SimulatedProvider, simulatedProvider } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => {
  network.resetHandlers()
  vi.unstubAllEnvs()
})
afterAll(() => network.close())

function ask(driver: Driver) {
  return createStream({ driver, prompt: 'Hello?', retry: false })
}

const drivers: Record<string, (fetch: typeof globalThis.fetch) => Driver> = {
  openai: (fetch) => openai({ model: 'm', apiKey: 'k', fetch }),
  anthropic: (fetch) => anthropic({ model: 'm', apiKey: 'k', fetch }),
  compatible: (fetch) => compatible({ model: 'm', baseURL: 'http://provider.test/v1', fetch }),
}

function answering(answer?: Parameters<typeof simulatedProvider>[0]): SimulatedProvider {
  return simulatedProvider({ paceMs: 0, requireKey: false, ...answer })
}

describe.each(Object.entries(drivers))('%s', (name, driverWith) => {
  test('emits text, usage, model and response id of an answer', async () => {
    const { fetch } = answering({ answer: 'Blue, mostly.' })
    expect(await ask(driverWith(fetch)).final()).toMatchObject({
      text: 'Blue, mostly.',
      provider: name,
      model: 'm',
      finishReason: 'stop',
      responseId: expect.stringMatching(/./),
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    })
  })

  test('emits tool calls with parsed arguments', async () => {
    const toolCalls = [{ id: 'c1', name: 'weather', input: { city: 'Zürich' } }]
    const { fetch } = answering({ answer: { toolCalls } })
    const complete = await ask(driverWith(fetch)).final()
    expect(complete.finishReason).toBe('tool-calls')
    expect(complete.message.content).toEqual([
      { type: 'tool-call', id: 'c1', name: 'weather', input: { city: 'Zürich' } },
    ])
  })

  const failures: [number, string, boolean][] = [
    [400, 'invalid-request', false],
    [401, 'auth', false],
    [403, 'permission', false],
    [404, 'not-found', false],
    [429, 'rate-limit', true],
    [500, 'server', true],
    [503, 'overloaded', true],
    [529, 'overloaded', true],
  ]
  test.each(failures)('turns status %i into the code %s', async (status, code, retryable) => {
    const { fetch } = answering({ answer: { fault: { kind: 'status', status } } })
    await expect(ask(driverWith(fetch)).text()).rejects.toMatchObject({
      code,
      retryable,
      status,
      provider: name,
    })
  })

  test('reports the wait that the provider requires', async () => {
    const fault = {
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '7', 'retry-after-ms': '' },
    } as const
    const { fetch } = answering({ answer: { fault } })
    await expect(ask(driverWith(fetch)).text()).rejects.toMatchObject({ retryAfterMs: 7000 })
  })

  test('sends one request for each attempt: the SDK does not retry unseen', async () => {
    const provider = answering({ answer: { fault: { kind: 'status', status: 500 } } })
    await expect(ask(driverWith(provider.fetch)).text()).rejects.toThrow(StreamError)
    expect(provider.requests).toHaveLength(1)
  })

  test('sends the conversation, with the instructions in the place of the wire format', async () => {
    const provider = answering()
    await createStream({
      driver: driverWith(provider.fetch),
      system: 'Be brief.',
      messages: [
        { role: 'user', content: 'I am Zoë.' },
        { role: 'assistant', content: 'Hello Zoë.' },
        { role: 'user', content: 'Who am I?' },
      ],
      maxOutputTokens: 50,
      temperature: 0.5,
    }).text()
    const [request] = provider.requests
    const sent = JSON.stringify(request?.body)
    for (const word of ['Be brief.', 'I am Zoë.', 'Hello Zoë.', 'Who am I?']) {
      expect(sent.split(word)).toHaveLength(2)
    }
    expect(request?.body).toMatchObject({ model: 'm', stream: true, temperature: 0.5 })
  })

  test('merges providerOptions last into the request', async () => {
    const provider = answering()
    const driver = driverWith(provider.fetch)
    await createStream({
      driver,
      prompt: 'p',
      temperature: 0.1,
      providerOptions: { [driver.provider]: { temperature: 0.9, user: 'u' } },
    }).text()
    expect(provider.requests[0]?.body).toMatchObject({ temperature: 0.9, user: 'u' })
  })

  const bodies: [string, BodyInit | null, string, string][] = [
    [
      'a broken AWS event stream',
      '\u0000'.repeat(12),
      'application/vnd.amazon.eventstream',
      'protocol',
    ],
    ['a whole answer as JSON', '{"id":"x","choices":[]}', 'application/json', 'protocol'],
    [
      'an error as JSON',
      '{"error":{"message":"Overloaded","type":"overloaded_error"}}',
      'application/json',
      'overloaded',
    ],
    [
      'an error as JSON in a shape of its own',
      '{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}',
      'application/json',
      'rate-limit',
    ],
    ['lines of JSON', '{"response":"a"}\n{"done":true}\n', 'application/x-ndjson', 'protocol'],
    ['a page of a proxy', '<html><body>Sign in</body></html>', 'text/html', 'protocol'],
    ['nothing', '', 'text/event-stream', 'interrupted'],
    ['no body at all', null, 'text/event-stream', 'interrupted'],
    ['half an event', 'data: {"cho', 'text/event-stream', 'interrupted'],
    ['the name of an event alone', 'event: message_start\n', 'text/event-stream', 'interrupted'],
    ['half the name of a field', 'eve', 'text/event-stream', 'interrupted'],
    ['pings alone', ': ping\n\n: ping\n\n', 'text/event-stream', 'interrupted'],
    ['events that are not JSON', 'data: hello\n\ndata: you\n\n', 'text/event-stream', 'protocol'],
  ]
  test.each(bodies)(
    'is never silently empty: status 200 with %s',
    async (_what, body, type, code) => {
      const fetch = () => Promise.resolve(new Response(body, { headers: { 'content-type': type } }))
      expect(outline(await collect(ask(driverWith(fetch))))).toEqual(['start', `error ${code}`])
    },
  )

  test('reports a refused connection as network', async () => {
    const { fetch } = answering({ answer: { fault: { kind: 'refuse' } } })
    await expect(ask(driverWith(fetch)).text()).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('completes an answer whose socket drops after the finish reason', async () => {
    const probe = answering({ answer: 'One two.' })
    await ask(driverWith(probe.fetch)).text()
    const whole = probe.requests[0]?.sent ?? 0
    const answer = { text: 'One two.', fault: { kind: 'cut', afterEvents: whole - 1 } } as const
    const { fetch } = answering({ answer })
    expect(await ask(driverWith(fetch)).text()).toBe('One two.')
  })
})

describe('a missing key', () => {
  test.each([
    ['OPENAI_API_KEY', () => openai({ model: 'm' })],
    ['ANTHROPIC_API_KEY', () => anthropic({ model: 'm' })],
  ])('is a setup error that names %s', async (variable, driver) => {
    vi.stubEnv(variable, undefined)
    await expect(ask(driver()).text()).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringContaining(variable),
    })
  })
})

describe('keys and addresses', () => {
  test('come from the environment, and the key goes out as a bearer token', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'from-environment')
    vi.stubEnv('OPENAI_BASE_URL', 'http://openai.test/v1')
    const seen: (string | null)[] = []
    network.use(
      http.post('http://openai.test/v1/chat/completions', ({ request }) => {
        seen.push(request.headers.get('authorization'))
        return new HttpResponse(
          'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
          {
            headers: { 'content-type': 'text/event-stream' },
          },
        )
      }),
    )
    expect(await ask(openai({ model: 'm' })).text()).toBe('Hi')
    expect(seen).toEqual(['Bearer from-environment'])
  })

  test('may be functions, called for each request', async () => {
    const provider = simulatedProvider({ paceMs: 0 })
    const keys = ['one', 'two']
    const apiKey = () => Promise.resolve(keys.shift() ?? 'none')
    const baseURL = 'http://provider.test/v1/'
    const driver = compatible({ model: 'm', baseURL, apiKey, fetch: provider.fetch })
    await ask(driver).text()
    await ask(driver).text()
    const sent = provider.requests.map((request) => request.headers.authorization)
    expect(sent).toEqual(['Bearer one', 'Bearer two'])
    expect(provider.requests[0]?.path).toBe('/v1/chat/completions')
  })
})

describe('a preset', () => {
  test('has the address and the variable of the key of a server', async () => {
    vi.stubEnv('GROQ_API_KEY', 'groq-key')
    const seen: [string, string | null][] = []
    network.use(
      http.post('https://api.groq.com/openai/v1/chat/completions', ({ request }) => {
        seen.push([request.url, request.headers.get('authorization')])
        return new HttpResponse('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n', {
          headers: { 'content-type': 'text/event-stream' },
        })
      }),
    )
    const complete = await ask(compatible('groq', { model: 'm' })).final()
    expect(complete.provider).toBe('groq')
    expect(seen).toEqual([['https://api.groq.com/openai/v1/chat/completions', 'Bearer groq-key']])
  })

  test('without its key is a setup error that names the variable', async () => {
    vi.stubEnv('MISTRAL_API_KEY', undefined)
    await expect(ask(compatible('mistral', { model: 'm' })).text()).rejects.toMatchObject({
      code: 'setup',
      provider: 'mistral',
      message: expect.stringContaining('MISTRAL_API_KEY'),
    })
  })

  test('of a local server needs no key, and takes another address', async () => {
    const provider = answering()
    const baseURL = 'http://other.test/v1'
    await ask(compatible('ollama', { model: 'm', baseURL, fetch: provider.fetch })).text()
    expect(provider.requests[0]?.headers.authorization).toBeUndefined()
  })

  test('sends fields under the names of its server', async () => {
    const provider = answering()
    const options = { model: 'm', apiKey: 'k', fetch: provider.fetch }
    await createStream({ driver: compatible('mistral', options), prompt: 'p', seed: 7 }).text()
    expect(provider.requests[0]?.body).toMatchObject({ random_seed: 7 })
    expect(provider.requests[0]?.body).not.toHaveProperty('stream_options')
    expect(provider.requests[0]?.body).not.toHaveProperty('seed')
  })

  test('that is unknown is refused with a list of the known ones', () => {
    expect(() => compatible('grok' as 'xai', { model: 'm' })).toThrow(/"grok".*openrouter.*xai/)
  })
})

test('JSON that is nested too deep is a protocol error', async () => {
  const depth = 50_000
  const nested = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const chunk = `{"choices":[{"delta":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":${nested}}}]}}]}`
  const headers = { 'content-type': 'text/event-stream' }
  const fetch = () => Promise.resolve(new Response(`data: ${chunk}\n\n`, { headers }))
  const driver = compatible({ model: 'm', baseURL: 'http://provider.test', fetch })
  expect(outline(await collect(ask(driver)))).toEqual(['start', 'error protocol'])
})

describe("the user's own client", () => {
  const { fetch } = answering({ answer: 'Hi' })
  const clients: [string, Driver][] = [
    ['OpenAI', openai({ model: 'm', client: new OpenAI({ apiKey: 'k', fetch }) })],
    [
      'AzureOpenAI',
      openai({
        model: 'm',
        client: new AzureOpenAI({
          apiKey: 'k',
          endpoint: 'https://azure.test',
          apiVersion: '2025-01-01',
          fetch,
        }),
      }),
    ],
    ['Anthropic', anthropic({ model: 'm', client: new Anthropic({ apiKey: 'k', fetch }) })],
    ['BaseAnthropic', anthropic({ model: 'm', client: new BaseAnthropic({ apiKey: 'k', fetch }) })],
  ]
  test.each(clients)('%s works', async (_name, driver) => {
    expect(await ask(driver).text()).toBe('Hi')
  })

  test('is refused at the call if it is something else', () => {
    expect(() => openai({ model: 'm', client: {} as OpenAIClient })).toThrow(/openai\.client/)
    expect(() => anthropic({ model: 'm', client: {} as AnthropicClient })).toThrow(
      /anthropic\.client/,
    )
  })
})

describe('a bad option of a driver throws a TypeError that names it', () => {
  const cases: [string, () => Driver, string[]][] = [
    ['model', () => openai({ model: '' }), ['openai.model', '""']],
    [
      'baseURL',
      () => compatible({ model: 'm', baseURL: 'localhost' }),
      ['compatible.baseURL', '"localhost"'],
    ],
    [
      'a missing baseURL',
      () => compatible({ model: 'm' } as never),
      ['compatible.baseURL', 'undefined'],
    ],
    [
      'a misspelt one',
      () => anthropic({ model: 'm', key: 'k' } as never),
      ['anthropic.key', 'apiKey'],
    ],
    [
      'an API that is not spoken',
      () => openai({ model: 'm', api: 'soap' as never }),
      ['openai.api', '"soap"', '"responses"'],
    ],
  ]
  test.each(cases)('%s', (_name, create, words) => {
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})

test('what the constructor of an SDK refuses is a setup error, and is not retried', async () => {
  // Where there is a window, both SDKs refuse to hold a key.
  vi.stubGlobal('window', { document: {} })
  vi.stubGlobal('document', {})
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' })
  try {
    for (const driver of [
      openai({ model: 'm', apiKey: 'k' }),
      anthropic({ model: 'm', apiKey: 'k' }),
    ]) {
      const events = await collect(createStream({ driver, prompt: 'Hello' }))
      expect(outline(events)).toEqual(['start', 'error setup'])
      expect(events.at(-1)).toMatchObject({
        error: { message: expect.stringContaining('browser-like environment') },
      })
    }
  } finally {
    vi.unstubAllGlobals()
  }
})
