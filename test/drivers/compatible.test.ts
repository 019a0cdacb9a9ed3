import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { ContentEvent, StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage } from '../../src/base/messages.js'
import { type CompatibleOptions, compatible } from '../../src/entries/compatible.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { type AnswerParts, simulatedProvider } from '../../src/entries/testing.js'
import { collect } from '../support/collect.js'

type Json = Record<string, unknown>
type Request = Partial<Parameters<typeof createStream>[0]>

const baseURL = 'http://simulated.test/v1'

/** The body of the only request, and the events of its stream. */
async function ask(
  options: Partial<CompatibleOptions>,
  request: Request = {},
  answer: AnswerParts = { text: 'Hi there' },
): Promise<{ body: Json; events: StreamEvent[] }> {
  const provider = simulatedProvider({ paceMs: 0, answer })
  const driver = compatible({ baseURL, model: 'm', apiKey: 'k', fetch: provider.fetch, ...options })
  const input = request.messages === undefined ? { prompt: 'p' } : {}
  const events = await collect(createStream({ driver, retry: false, ...input, ...request }))
  return { body: provider.requests[0]?.body as Json, events }
}

const contentOf = (events: readonly StreamEvent[]): ContentEvent[] =>
  events.filter((event) => event.type === 'content')

test('a 404 of an address without a version names the address, and one with it does not', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end('not found'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const messageFor = (address: string): Promise<string> =>
      createStream({ driver: compatible({ baseURL: address, model: 'm' }), prompt: 'p' })
        .text()
        .catch((error: Error) => error.message)
    expect(await messageFor(origin)).toBe(
      `compatible: 404 not found The address was ${origin}/chat/completions. Most servers expect a baseURL that ends with /v1.`,
    )
    expect(await messageFor(`${origin}/v1`)).toBe('compatible: 404 not found')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

describe('options of requests', () => {
  const providerOptions = { compatible: { a: 1 }, mine: { b: 1 }, openrouter: { c: 1 } }

  test('are those under the name of the driver', async () => {
    const { body } = await ask({}, { providerOptions })
    expect([body.a, body.b]).toEqual([1, undefined])
    const named = await ask({ name: 'mine' }, { providerOptions })
    expect([named.body.a, named.body.b]).toEqual([undefined, 1])
  })

  test('are those under the name of the preset', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: 'Hi' })
    const { fetch } = provider
    const driver = compatible('openrouter', { model: 'm', apiKey: 'k', baseURL, fetch })
    await collect(createStream({ driver, prompt: 'p', providerOptions, cache: true }))
    expect(provider.requests[0]?.body).toMatchObject({
      c: 1,
      cache_control: { type: 'ephemeral' },
    })
    expect(provider.requests[0]?.body).not.toHaveProperty('a')
  })

  test('win over the body of the driver', async () => {
    const { body } = await ask(
      { body: { a: 0, user: 'u', provider: { order: ['x'] } } },
      { providerOptions: { compatible: { a: 1, provider: { sort: 'price' } } } },
    )
    expect(body).toMatchObject({ a: 1, user: 'u', provider: { order: ['x'], sort: 'price' } })
  })
})

test('each quirk of a preset is an option, and is checked', async () => {
  const { body } = await ask(
    { cacheControl: true, thinkingSwitch: 'reasoning', traits: { thinkingSwitch: 'thinking' } },
    { reasoning: { effort: 'none' }, cache: '1h' },
  )
  expect(body).toMatchObject({
    reasoning: { enabled: false },
    cache_control: { type: 'ephemeral', ttl: '1h' },
  })
  for (const wrong of [
    { cacheControl: 'yes' },
    { thinkingSwitch: 'off' },
    { traits: { thinkingSwitch: 'off' } },
    { traits: { reasoningField: 'thoughts' } },
  ]) {
    const create = () => compatible({ baseURL, model: 'm', ...(wrong as object) })
    expect(create).toThrow(TypeError)
  }
})

describe('an answer', () => {
  const search = { id: 'w', type: 'web_search', web_search: { query: 'q', results: [1] } }
  const reference = { type: 'tool_reference', tool: 'web_search', title: 'T' }

  test('has blocks in their place, which go back with the next request', async () => {
    const { events } = await ask(
      {},
      {},
      {
        text: 'Hi there',
        blocks: [
          { before: 'text', data: search },
          { before: 'end', data: reference },
        ],
      },
    )
    const { message } = events.at(-1) as { message: AssistantMessage }
    expect(message.content).toMatchObject([
      { type: 'provider', name: 'web_search', data: search },
      { type: 'text', text: 'Hi there' },
      { type: 'provider', name: 'tool_reference', data: reference },
    ])
    const begun = contentOf(events)[0]
    expect(begun).toMatchObject({ index: 0, kind: 'provider', partial: true })
    const messages = [message, { role: 'user' as const, content: 'and?' }]
    const { body } = await ask({}, { messages })
    expect((body.messages as Json[])[0]).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'Hi there' }, reference],
      tool_calls: [search],
    })
  })

  test('has the cost, and log probabilities if they were requested', async () => {
    const rawUsage = { cost: 0.01, is_byok: false }
    const { events } = await ask({ body: { logprobs: true } }, {}, { text: 'Hi there', rawUsage })
    const { raw } = events.at(-1) as { raw: { logprobs: { content: Json[] } } }
    expect(raw).toMatchObject({
      usage: { cost: 0.01, is_byok: false, prompt_tokens: expect.any(Number) },
      finish: { finish_reason: 'stop' },
      service_tier: 'default',
    })
    expect(raw.logprobs.content.map(({ token }) => token)).toEqual(['Hi', ' there'])
  })

  test('may be spoken, with the media type that the request asks for', async () => {
    const spoken = (format: string) => ({
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format },
    })
    for (const [format, mediaType] of [
      ['pcm16', 'audio/pcm;rate=24000'],
      ['mp3', 'audio/mpeg'],
      ['wav', 'audio/wav'],
    ] as const) {
      const inBody = await ask({ body: spoken(format) })
      const inRequest = await ask({}, { providerOptions: { compatible: spoken(format) } })
      for (const { events } of [inBody, inRequest]) {
        const files = contentOf(events).filter(({ kind }) => kind === 'file')
        // "Hi there" has 8 letters of two bytes.
        expect(files).toMatchObject([{ mediaType, data: btoa('\0'.repeat(16)) }])
        expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'Hi there' })
      }
    }
  })

  test('of OpenAI may be spoken too', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: 'Hi' })
    const body = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'pcm16' } }
    const driver = openai({ model: 'gpt-audio', apiKey: 'k', body, fetch: provider.fetch })
    const events = await collect(createStream({ driver, prompt: 'p' }))
    expect(contentOf(events).at(-1)).toMatchObject({
      kind: 'file',
      mediaType: 'audio/pcm;rate=24000',
    })
  })

  test('that breaks off keeps what the server had reported', async () => {
    const { events } = await ask(
      {},
      {},
      {
        text: 'Hi there',
        blocks: [{ before: 'text', data: search }],
        fault: { kind: 'cut', afterEvents: 5 },
      },
    )
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      raw: { service_tier: 'default' },
      response: { id: expect.stringContaining('chatcmpl-') },
      partial: { content: [{ type: 'provider', partial: true }, { type: 'text' }] },
    })
  })
})
