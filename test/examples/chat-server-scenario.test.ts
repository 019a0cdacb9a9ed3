import { createStream, StreamError, toResponse } from 'sluice'
import { type AnswerOption, scripted, simulatedProvider } from 'sluice/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createApp } from '../../examples/chat-server/app.ts'
import {
  claudeProvider,
  geminiProvider,
  openaiProvider,
} from '../../examples/chat-server/providers.ts'
import { scenarioFormat } from '../../examples/chat-server/scenario-format.ts'
import { milestones, receive } from './scenario-client.ts'
import { Sockets } from './sockets.ts'

const answer = 'One two three four "five"\nsix seven eight. 🌊'
const count = 9
const messages = [{ role: 'user', content: 'Count' }]
const done = { message: expect.stringMatching(/\S/) }

/** Each route of events: what it takes, and what stands in its first and its last event. */
const routes = [
  {
    path: '/openai/sse',
    body: { messages, model: null, temperature: null, max_tokens: null },
    start: { model: 'gpt-5.5' },
    complete: { full_content: answer, finish_reason: 'stop', token_count: count },
  },
  {
    path: '/claude/sse',
    body: { messages },
    start: { model: 'claude-sonnet-5-5' },
    complete: {
      full_content: answer,
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    },
  },
  { path: '/ai/unified', body: { messages }, start: { provider: 'openai' }, complete: done },
  {
    path: '/ai/unified',
    body: { messages, provider: 'claude', model: null },
    start: { provider: 'claude' },
    complete: done,
  },
  { path: '/ai/retry', body: { prompt: 'Count', max_retries: null }, start: done, complete: done },
  { path: '/ai/retry?prompt=Count&max_retries=2', body: undefined, start: done, complete: done },
  {
    path: '/ai/conversation',
    body: { session_id: 'ada', message: 'Count', provider: null },
    start: { session_id: 'ada' },
    complete: { message_count: 2 },
  },
  {
    path: '/ai/conversation',
    body: { session_id: 'eve', message: 'Count', provider: 'claude' },
    start: { session_id: 'eve' },
    complete: { message_count: 2 },
  },
] as const

function ask(url: string, body?: unknown): Promise<Response> {
  if (body === undefined) return fetch(url, { method: 'POST' })
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** `/ai/retry` has a failure of its own where the provider is simulated. */
const open = (given: AnswerOption): Promise<Sockets> =>
  Sockets.open({ paceMs: 0, answer: given }, { isReal: true })

const cut = { text: answer, fault: { kind: 'cut', afterEvents: 7 } } as const
const busy = { fault: { kind: 'status', status: 503, headers: { 'retry-after-ms': '1' } } } as const
const stopped = { text: answer, fault: { kind: 'error', afterEvents: 7 } } as const

describe.each(routes)('a client of $path with $body', ({ path, body, start, complete }) => {
  test.concurrent('reads the fields that it knows, and the text once', async () => {
    await using sockets = await open(answer)
    const response = await ask(sockets.url + path, body)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const received = await receive(response)
    expect(received.text).toBe(answer)
    expect(milestones(received)).toEqual([
      ['start', start],
      ['complete', complete],
    ])
    expect(received.ids).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  })

  test.concurrent('reads the text once after failures before it, each announced by its number', async () => {
    await using sockets = await open([busy, busy, answer])
    const received = await receive(await ask(sockets.url + path, body))
    expect(received.text).toBe(answer)
    expect(milestones(received)).toEqual([
      ['start', start],
      ['retry', { attempt: 2 }],
      ['retry', { attempt: 3 }],
      ['complete', complete],
    ])
  })

  // Without being asked to, models begin anew: what they repeat must not arrive.
  test.concurrent.each([
    ['is cut off', cut],
    ['fails in its middle', stopped],
  ])('reads the text once if the answer %s', async (_how, fault) => {
    await using sockets = await open([fault, answer])
    const received = await receive(await ask(sockets.url + path, body))
    expect(received.text).toBe(answer)
    expect(milestones(received)[1]).toEqual(['retry', { attempt: 2 }])
    expect(milestones(received)[2]).toMatchObject(['complete', {}])
    expect(received.ids).toEqual(received.ids.map((_, index) => index + 1))
  })

  test.concurrent.each([2, 3, 4, 5])(
    'reads the text once if the answer is cut off after %i events',
    async (afterEvents) => {
      const short = { text: 'I am it.', fault: { kind: 'cut', afterEvents } } as const
      await using sockets = await open([short, 'I am it.'])
      const received = await receive(await ask(sockets.url + path, body))
      expect(received.text).toBe('I am it.')
    },
  )

  test.concurrent('reads one sentence, without the words of the provider, if nothing helps', async () => {
    const refused = {
      fault: { kind: 'status', status: 400, body: { error: 'sk-secret' } },
    } as const
    await using sockets = await open(refused)
    const response = await ask(sockets.url + path, body)
    const received = await receive(response)
    const [, last] = milestones(received)
    expect(last).toEqual(['error', { error: expect.stringMatching(/^[A-Z].*\.$/) }])
    expect(JSON.stringify(received)).not.toContain('secret')
  })

  test.concurrent('can read the sentence of a 400 as a string', async () => {
    await using sockets = await open(answer)
    const response = await ask(sockets.url + path.split('?')[0], { prompt: ' ', messages: 7 })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^\w+: .+/) })
    expect(sockets.provider.requests).toHaveLength(0)
  })
})

describe.each(['/openai/basic', '/claude/basic'])('a client of %s', (path) => {
  test.concurrent.each([
    ['JSON', path, { prompt: 'Count' }],
    ['a query and no body', `${path}?prompt=Count`, undefined],
  ])(
    'asks by %s and reads plain text, once, whatever fails before and in it',
    async (_how, address, body) => {
      await using sockets = await open([busy, cut, answer])
      const response = await ask(sockets.url + address, body)
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(await response.text()).toBe(answer)
      expect(JSON.stringify(sockets.provider.requests[0]?.body)).toContain('Count')
    },
  )
})

test('an answer that restarts after content ends with an error, and its text is not sent twice', async () => {
  const driver = scripted([
    ['One ', new StreamError('network', 'Lost.')],
    ['One ', 'two.'],
  ])
  const stream = createStream({ driver, prompt: 'Count', retry: { minDelayMs: 0, maxDelayMs: 0 } })
  const fields = { start: () => ({}), complete: () => ({}) }
  const received = await receive(await toResponse(stream, scenarioFormat(fields)))
  expect(received.text).toBe('One ')
  expect(received.events.map(({ name }) => name)).toEqual(['start', 'content', 'error'])
})

describe('the defaults', () => {
  test('models that take a temperature receive 0.7, and others receive none', async () => {
    await using sockets = await open(answer)
    const url = `${sockets.url}/openai/sse`
    await (await ask(url, { messages, model: 'gpt-4' })).text()
    await (await ask(url, { messages, model: 'gpt-4', temperature: 0, max_tokens: 5 })).text()
    await (await ask(url, { messages })).text()
    const bodies = sockets.provider.requests.map((request) => request.body)
    expect(bodies[0]).toMatchObject({ model: 'gpt-4', temperature: 0.7 })
    expect(bodies[1]).toMatchObject({ model: 'gpt-4', temperature: 0, max_tokens: 5 })
    expect(bodies[2]).not.toHaveProperty('temperature')
  })

  test('Claude writes at most 1024 tokens, unless the request says otherwise', async () => {
    await using sockets = await open(answer)
    for (const [path, body] of [
      ['/claude/sse', { messages }],
      ['/claude/basic', { prompt: 'Count' }],
      ['/ai/unified', { messages, provider: 'claude' }],
      ['/ai/conversation', { session_id: 'a', message: 'Count', provider: 'claude' }],
      ['/claude/sse', { messages, max_tokens: 77 }],
    ] as const) {
      await (await ask(sockets.url + path, body)).text()
    }
    const limits = sockets.provider.requests.map(
      ({ body }) => (body as { max_tokens: number }).max_tokens,
    )
    expect(limits).toEqual([1024, 1024, 1024, 1024, 77])
  })
})

describe('conversations', () => {
  test.each(['openai', 'claude'])(
    '%s receives what was said before, with either provider',
    async (provider) => {
      await using sockets = await open(answer)
      const url = `${sockets.url}/ai/conversation`
      await (await ask(url, { session_id: 'a', message: 'I am Ada.' })).text()
      const second = await receive(await ask(url, { session_id: 'a', message: 'Who?', provider }))
      expect(milestones(second).at(-1)).toEqual(['complete', { message_count: 4 }])
      expect(JSON.stringify(sockets.provider.requests[1]?.body)).toMatch(
        /I am Ada\..*One two.*Who\?/,
      )
    },
  )

  test('one that is deleted is forgotten, and one that never was is another message', async () => {
    await using sockets = await open(answer)
    const url = `${sockets.url}/ai/conversation`
    await (await ask(url, { session_id: 'd/ä', message: 'One' })).text()
    const address = `${url}/${encodeURIComponent('d/ä')}`
    const known = await fetch(address, { method: 'DELETE' })
    const unknown = await fetch(address, { method: 'DELETE' })
    expect([known.status, unknown.status]).toEqual([200, 200])
    const [first, second] = [await known.json(), await unknown.json()]
    expect(first).toEqual({ message: expect.stringMatching(/\S/) })
    expect(second).toEqual({ message: expect.stringMatching(/\S/) })
    expect(first).not.toEqual(second)
    const again = await receive(await ask(url, { session_id: 'd/ä', message: 'Two' }))
    expect(milestones(again).at(-1)).toEqual(['complete', { message_count: 2 }])
  })
})

describe('/ai/retry', () => {
  afterEach(() => vi.useRealTimers())

  test('shows a retry of its own while the provider is simulated', async () => {
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    const received = await receive(await ask(`${sockets.url}/ai/retry`, { prompt: 'Count' }))
    expect(received.text).toBe(answer)
    expect(milestones(received).map(([name]) => name)).toEqual(['start', 'retry', 'complete'])
  })

  test('makes three attempts, and ends each after 30 seconds of silence', async () => {
    vi.useFakeTimers()
    const provider = simulatedProvider({
      paceMs: 0,
      answer: { fault: { kind: 'stall', afterEvents: 0 } },
    })
    const settings = { apiKey: 'any', fetch: provider.fetch }
    const app = createApp({
      providers: {
        openai: openaiProvider({ ...settings, baseURL: 'http://simulated/v1' }),
        claude: claudeProvider(settings),
        gemini: geminiProvider(settings),
      },
    })
    const startedAt = Date.now()
    const response = await app.request('/ai/retry?prompt=Count', { method: 'POST' })
    const received = receive(response)
    const times: number[] = []
    void received.then(() => times.push(Date.now() - startedAt))
    for (let second = 0; second < 120; second++) {
      await vi.advanceTimersByTimeAsync(1_000)
      if (provider.requests.length > times.length) times.push(Date.now() - startedAt)
    }
    expect(milestones(await received)).toEqual([
      ['start', done],
      ['retry', { attempt: 2 }],
      ['retry', { attempt: 3 }],
      ['error', { error: expect.stringMatching(/\S/) }],
    ])
    expect(provider.requests).toHaveLength(3)
    // The last one is the end. The waits between the attempts take up to eight seconds.
    const durations = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(durations).toHaveLength(3)
    for (const duration of durations) {
      expect(duration).toBeGreaterThanOrEqual(29_000)
      expect(duration).toBeLessThanOrEqual(41_000)
    }
  })
})
