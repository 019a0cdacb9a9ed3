/**
 * The Responses and Gemini wires of the simulated provider, read by the drivers over a real socket.
 */

import { afterAll, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import {
  type Answer,
  type SimulatedProvider,
  simulatedProvider,
} from '../../src/entries/testing.js'

const closing: (() => Promise<void>)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

interface Way {
  wire: string
  /** Events before the first token. */
  before: number
  path: string
  connect(url: string): Driver
}

const ways: Way[] = [
  {
    wire: 'openai-responses',
    before: 4,
    path: '/v1/responses',
    connect: (url) =>
      openai({ api: 'responses', model: 'o-test', apiKey: 'k', baseURL: `${url}/v1` }),
  },
  {
    wire: 'gemini',
    before: 0,
    path: '/v1beta/models/g-test:streamGenerateContent?alt=sse',
    connect: (url) => gemini({ model: 'g-test', apiKey: 'k', baseURL: `${url}/v1beta` }),
  },
]

const messages = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'My name is Zoë 🦊.' },
  { role: 'assistant', content: 'Hello Zoë.' },
  { role: 'user', content: [{ type: 'text', text: 'What is my name?' }] },
] as const

describe.each(ways)('the wire $wire', ({ wire, before, path, connect }) => {
  const start = async (
    answer?: Answer | Answer[],
  ): Promise<{ provider: SimulatedProvider; url: string; driver: Driver }> => {
    const provider = simulatedProvider({ paceMs: 0, ...(answer === undefined ? {} : { answer }) })
    const { url, close } = await provider.listen()
    closing.push(close)
    return { provider, url, driver: connect(url) }
  }
  const ask = (driver: Driver) => createStream({ driver, messages, retry: false })
  const read = async (events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> => {
    const all: StreamEvent[] = []
    for await (const event of events) all.push(event)
    return all
  }
  const textOf = (events: readonly StreamEvent[]): string =>
    events
      .map((event) => (event.type === 'content' && event.kind === 'text' ? event.text : ''))
      .join('')

  test('the default answer shows the history, and is counted', async () => {
    const { provider, driver } = await start()
    const events = await read(ask(driver))
    const text = textOf(events)
    expect(text).toContain('"What is my name?"')
    expect(text).toContain('"My name is Zoë 🦊."')
    expect(text).toContain('3 messages')
    expect(text).toContain('"Be kind."')
    expect(text.endsWith('🌊')).toBe(true)
    const tokens = text.split(' ').length
    expect(events.at(-1)).toMatchObject({
      type: 'complete',
      text,
      finishReason: 'stop',
      usage: { outputTokens: tokens },
      model: wire === 'gemini' ? 'g-test' : 'o-test',
      responseId: expect.any(String) as string,
    })
    const [request] = provider.requests
    expect(request).toMatchObject({ wire, path, method: 'POST' })
    expect(await request?.closed).toBe('finished')
  })

  test('reasoning, text, calls and usage arrive as they were given', async () => {
    const { driver } = await start({
      reasoning: 'Rain or sun?',
      text: 'Let me see.',
      toolCalls: [
        { id: 'call_1', name: 'weather', input: { city: 'Zürich', days: 3 } },
        { name: 'time', input: {} },
      ],
      usage: { inputTokens: 50, outputTokens: 20, cachedInputTokens: 10, reasoningTokens: 4 },
    })
    const { message, finishReason, usage } = await ask(driver).final()
    expect(message.content).toMatchObject([
      { type: 'reasoning', text: 'Rain or sun?' },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool-call', id: 'call_1', name: 'weather', input: { city: 'Zürich', days: 3 } },
      { type: 'tool-call', id: expect.stringMatching(/\w{8}/) as string, name: 'time', input: {} },
    ])
    expect(finishReason).toBe('tool-calls')
    expect(usage).toMatchObject({ inputTokens: 50, outputTokens: 20, totalTokens: 70 })
    expect(usage).toMatchObject({ cachedInputTokens: 10, reasoningTokens: 4 })
  })

  test('signatures and results of calls go back, and are no messages of the user', async () => {
    const toolCalls = [{ id: 'call_1', name: 'weather', input: { city: 'Bern' } }]
    const { driver, provider } = await start([{ reasoning: 'Hm.', toolCalls }, {}])
    const reasoning = { effort: 'low' } as const
    const { message } = await createStream({ driver, prompt: 'Rain?', reasoning }).final()
    const signed = wire === 'gemini' ? 'tool-call' : 'reasoning'
    expect(message.content).toContainEqual(
      expect.objectContaining({ type: signed, signature: expect.any(String) as string }),
    )
    const result = { type: 'tool-result', id: 'call_1', name: 'weather', output: 'dry' } as const
    const history = [
      { role: 'user', content: 'Rain?' } as const,
      message,
      { role: 'tool', content: [result] } as const,
    ]
    const text = await createStream({ driver, messages: history, reasoning }).text()
    expect(text).toContain('You asked: "Rain?".')
    expect(text).toContain('3 messages')
    expect(provider.requests).toHaveLength(2)
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
  ])('the finish reason %s', async (finishReason, expected) => {
    const { driver } = await start({ text: 'One two', finishReason })
    expect(await ask(driver).final()).toMatchObject({ text: 'One two', finishReason: expected })
  })

  test('an empty answer is whole', async () => {
    const { driver } = await start('')
    expect(await ask(driver).final()).toMatchObject({ text: '', finishReason: 'stop' })
  })

  const text = 'one two three four'
  const afterEvents = before + 2

  test.each([
    ['cut', 'network'],
    ['end', 'interrupted'],
    ['error', wire === 'gemini' ? 'overloaded' : 'server'],
  ] as const)('%s: an error after the content before it', async (kind, code) => {
    const { driver, provider } = await start({ text, fault: { kind, afterEvents } })
    const events = await read(ask(driver))
    expect(textOf(events)).toBe('one two')
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code, retryable: true } })
    expect(await provider.requests[0]?.closed).toBe('finished')
  })

  test('stall: the client that leaves is seen', async () => {
    const { driver, provider } = await start({ text, fault: { kind: 'stall', afterEvents } })
    let came = ''
    for await (const event of ask(driver)) {
      if (event.type === 'content' && event.kind === 'text') came += event.text
      if (came === 'one two') break
    }
    expect(await provider.requests[0]?.closed).toBe('aborted')
    expect(provider.requests[0]?.sent).toBe(afterEvents)
  })

  test('split: every byte a chunk of its own changes nothing', async () => {
    const { driver } = await start({ text: 'Grüße 🌊!', fault: { kind: 'split', chunkBytes: 1 } })
    expect(await ask(driver).text()).toBe('Grüße 🌊!')
  })

  test('headers: they take the place of the provider’s own', async () => {
    const headers = { 'content-type': 'application/vnd.amazon.eventstream' }
    const { driver } = await start({ text, fault: { kind: 'headers', headers } })
    await expect(ask(driver).text()).rejects.toMatchObject({ code: 'protocol' })
  })

  test('refuse: there is no response', async () => {
    const { driver } = await start({ fault: { kind: 'refuse' } })
    await expect(ask(driver).text()).rejects.toMatchObject({ code: 'network' })
  })

  test.each([
    [400, 'invalid-request'],
    [401, 'auth'],
    [403, 'permission'],
    [404, 'not-found'],
    [429, 'rate-limit'],
    [500, 'server'],
    [503, 'overloaded'],
  ])('status %i', async (status, code) => {
    const { driver } = await start({ fault: { kind: 'status', status } })
    const error: unknown = await ask(driver)
      .text()
      .catch((caught: unknown) => caught)
    // Google's words for 403 are those for a request without a key.
    const expected = status === 403 && wire === 'gemini' ? 'auth' : code
    expect(error).toMatchObject({ status, code: expected })
    if (status === 429) expect(error).toHaveProperty('retryAfterMs', 1000)
  })

  test('a fault of an answer is got over by the next one', async () => {
    const { driver } = await start([{ text, fault: { kind: 'cut', afterEvents } }, text])
    const stream = createStream({ driver, messages, retry: { minDelayMs: 0, maxDelayMs: 0 } })
    expect(await stream.final()).toMatchObject({ text, attempts: 2 })
  })
})

describe('the Gemini wire in bytes', () => {
  const url = 'http://simulated.test/v1beta/models/gemini-test'
  const body = JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }] })
  const post = (
    method: string,
    answer: Answer,
    headers: Record<string, string> = { 'x-goog-api-key': 'k' },
    sent = body,
  ) =>
    simulatedProvider({ paceMs: 0, answer }).fetch(`${url}:${method}`, {
      method: 'POST',
      headers,
      body: sent,
    })

  test('events end as the real ones do, and the last one has the finish reason', async () => {
    const response = await post('streamGenerateContent?alt=sse', 'Grüße 🌊')
    const events = (await response.text()).split('\r\n\r\n')
    expect(events.pop()).toBe('')
    const chunks = events.map((event): unknown => JSON.parse(event.replace(/^data: /, '')))
    const content = (text: string) => ({ parts: [{ text }], role: 'model' })
    expect(chunks).toMatchObject([
      { candidates: [{ content: content('Grüße'), index: 0 }], modelVersion: 'gemini-test' },
      {
        candidates: [{ content: content(' 🌊'), finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, totalTokenCount: 9 },
      },
    ])
    expect(chunks[0]).not.toHaveProperty('candidates.0.finishReason')
    expect(chunks[0]).toHaveProperty('usageMetadata.candidatesTokenCount', 1)
  })

  test('an answer without a stream, and a list where no SSE is asked for', async () => {
    const whole = { candidates: [{ content: { parts: [{ text: 'One two' }], role: 'model' } }] }
    expect(await (await post('generateContent', 'One two')).json()).toMatchObject(whole)
    expect(await (await post('streamGenerateContent', 'One two')).json()).toMatchObject([whole])
  })

  test('arguments that are no object become an empty one', async () => {
    const toolCalls = [{ id: 'a', name: 'f', input: '{"cut off' }]
    const answer = await (await post('generateContent', { toolCalls })).json()
    const call = { functionCall: { id: 'a', name: 'f', args: {} } }
    expect(answer).toMatchObject({ candidates: [{ content: { parts: [call] } }] })
  })

  test('a key is a header, a bearer or in the address; without one it is 403', async () => {
    const status = async (method: string, headers: Record<string, string>) =>
      (await post(method, 'Hi', headers)).status
    expect(await status('generateContent', { authorization: 'Bearer k' })).toBe(200)
    expect(await status('generateContent?key=k', {})).toBe(200)
    const refused = await post('generateContent', 'Hi', {})
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      error: { code: 403, status: 'PERMISSION_DENIED', message: expect.any(String) as string },
    })
  })

  test('a body without contents and a wrong path are refused in Google’s words', async () => {
    const empty = await post('generateContent', 'Hi', undefined, '{}')
    expect(await empty.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
    const wrong = await post('countTokens', 'Hi')
    expect(await wrong.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
  })
})
