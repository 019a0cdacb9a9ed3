import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type SimulatedProvider,
  type SimulatedServer,
  simulatedProvider,
} from '../../src/entries/testing.js'

const history = [
  { role: 'user', content: 'My name is Zoë 🦊.' },
  { role: 'assistant', content: 'Hello Zoë.' },
  { role: 'user', content: 'What is my name?' },
] as const

describe.each(['fetch', 'socket'] as const)('the official SDKs over %s', (way) => {
  const provider: SimulatedProvider = simulatedProvider({ paceMs: 0 })
  let server: SimulatedServer
  let openai: OpenAI
  let anthropic: Anthropic

  const connect = (from: SimulatedProvider, url: string): [OpenAI, Anthropic] => {
    const options = { apiKey: 'any', maxRetries: 0, ...(way === 'fetch' ? from : {}) }
    return [
      new OpenAI({ ...options, baseURL: `${url}/v1` }),
      new Anthropic({ ...options, baseURL: url }),
    ]
  }

  beforeAll(async () => {
    server = await provider.listen()
    ;[openai, anthropic] = connect(provider, server.url)
  })
  afterAll(() => server.close())

  test('OpenAI reads the default answer token by token, with usage', async () => {
    const stream = await openai.chat.completions.create({
      model: 'gpt-test',
      messages: [{ role: 'system', content: 'Be kind.' }, ...history],
      stream: true,
      stream_options: { include_usage: true },
    })
    const tokens: string[] = []
    let usage: OpenAI.CompletionUsage | null | undefined
    let finish: string | null | undefined
    for await (const chunk of stream) {
      expect(chunk).toMatchObject({ object: 'chat.completion.chunk', model: 'gpt-test' })
      expect(chunk.id).toMatch(/^chatcmpl-\w{29}$/)
      const [choice] = chunk.choices
      if (choice?.delta.content) tokens.push(choice.delta.content)
      finish = choice?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    expect(tokens.length).toBeGreaterThan(40)
    expect(tokens.length).toBeLessThan(81)
    expect(tokens.every((token) => /^\s?\S+$/.test(token))).toBe(true)
    const text = tokens.join('')
    expect(text).toContain('👋')
    expect(text).toContain('"What is my name?"')
    expect(text).toContain('"My name is Zoë 🦊."')
    expect(text).toContain('3 messages')
    expect(text).toContain('"Be kind."')
    expect(finish).toBe('stop')
    expect(usage?.completion_tokens).toBe(tokens.length)
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + tokens.length)
    const request = provider.requests.at(-1)
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions' })
    expect(request).toMatchObject({ wire: 'openai-chat', body: { model: 'gpt-test' } })
    expect(await request?.closed).toBe('finished')
    // role, finish, usage, [DONE]
    expect(request?.sent).toBe(tokens.length + 4)
  })

  test('Anthropic reads the default answer token by token, with usage', async () => {
    const stream = anthropic.messages.stream({
      model: 'claude-test',
      max_tokens: 100,
      system: 'Be kind.',
      messages: [...history],
    })
    const tokens: string[] = []
    stream.on('text', (token) => tokens.push(token))
    const message = await stream.finalMessage()
    expect(message.id).toMatch(/^msg_01\w{22}$/)
    expect(message).toMatchObject({ model: 'claude-test', stop_reason: 'end_turn' })
    expect(message.usage.output_tokens).toBe(tokens.length)
    expect(message.usage.input_tokens).toBeGreaterThan(10)
    expect(tokens.length).toBeGreaterThan(40)
    const text = tokens.join('')
    expect(message.content).toMatchObject([{ type: 'text', text }])
    expect(text).toContain('"What is my name?"')
    expect(text).toContain('"My name is Zoë 🦊."')
    expect(text).toContain('3 messages')
    expect(text).toContain('"Be kind."')
    expect(provider.requests.at(-1)).toMatchObject({ wire: 'anthropic-messages' })
  })

  test('both read a whole answer that is not a stream', async () => {
    const completion = await openai.chat.completions.create({ model: 'm', messages: [...history] })
    expect(completion.choices[0]?.message.content).toContain('What is my name?')
    expect(completion.usage?.completion_tokens).toBeGreaterThan(40)
    const message = await anthropic.messages.create({
      model: 'm',
      max_tokens: 100,
      messages: [...history],
    })
    expect(message.content).toMatchObject([{ type: 'text' }])
    expect(message.stop_reason).toBe('end_turn')
  })

  test('both read reasoning, tool calls, usage and the finish reason of an answer', async () => {
    const other = simulatedProvider({
      paceMs: 0,
      answer: {
        text: 'Let me see.',
        reasoning: 'Rain or sun?',
        toolCalls: [
          { id: 'call_1', name: 'weather', input: { city: 'Zürich', days: 3 } },
          { name: 'time', input: {} },
        ],
        usage: { inputTokens: 50, outputTokens: 20, cachedInputTokens: 10 },
      },
    })
    const otherServer = await other.listen()
    const [chat, messages] = connect(other, otherServer.url)
    const completion = await chat.chat.completions
      .stream({
        model: 'm',
        messages: [...history],
        stream_options: { include_usage: true },
      })
      .finalChatCompletion()
    const [choice] = completion.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.content).toBe('Let me see.')
    const calls = choice?.message.tool_calls ?? []
    expect(calls).toMatchObject([{ id: 'call_1', function: { name: 'weather' } }, {}])
    expect(calls[0]).toHaveProperty('function.arguments', '{"city":"Zürich","days":3}')
    expect(calls[1]?.id).toMatch(/^call_\w{24}$/)
    expect(completion.usage).toMatchObject({
      prompt_tokens: 50,
      completion_tokens: 20,
      total_tokens: 70,
      prompt_tokens_details: { cached_tokens: 10 },
    })

    const message = await messages.messages
      .stream({ model: 'm', max_tokens: 100, messages: [...history] })
      .finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    expect(message.usage).toMatchObject({
      input_tokens: 40,
      cache_read_input_tokens: 10,
      output_tokens: 20,
    })
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Rain or sun?' },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Zürich', days: 3 } },
      { type: 'tool_use', name: 'time', input: {} },
    ])
    await otherServer.close()
  })

  test.each([400, 401, 403, 404, 429, 500, 503, 529])(
    'both understand status %i',
    async (status) => {
      const headers = { 'x-simulated-fault': `status=${status}` }
      const chat = openai.chat.completions
        .create({ model: 'm', messages: [...history], stream: true }, { headers })
        .then(undefined, (error: unknown) => error)
      const messages = anthropic.messages
        .create({ model: 'm', max_tokens: 9, messages: [...history], stream: true }, { headers })
        .then(undefined, (error: unknown) => error)
      const [one, two] = await Promise.all([chat, messages])
      expect(one).toMatchObject({ status, error: { message: expect.any(String) } })
      expect(one).toHaveProperty('requestID', expect.stringMatching(/^req_\w{32}$/))
      expect(two).toMatchObject({ status, error: { type: 'error', error: {} } })
      expect(two).toHaveProperty('requestID', expect.stringMatching(/^req_011\w{21}$/))
      const retryAfter = (error: unknown) =>
        (error as { headers?: Headers }).headers?.get('retry-after')
      expect(retryAfter(one)).toBe(status === 429 ? '1' : null)
      expect(retryAfter(two)).toBe(status === 429 ? '1' : null)
    },
  )

  test('both see an error inside the stream', async () => {
    const headers = { 'x-simulated-fault': 'error=5' }
    const chat = await openai.chat.completions.create(
      { model: 'm', messages: [...history], stream: true },
      { headers },
    )
    const chunks: unknown[] = []
    const readChat = async () => {
      for await (const chunk of chat) chunks.push(chunk)
    }
    await expect(readChat()).rejects.toMatchObject({ type: 'server_error' })
    expect(chunks).toHaveLength(5)
    const messages = await anthropic.messages.create(
      { model: 'm', max_tokens: 9, messages: [...history], stream: true },
      { headers },
    )
    const readMessages = async () => {
      for await (const _ of messages);
    }
    await expect(readMessages()).rejects.toMatchObject({ type: 'overloaded_error' })
  })

  test('a client that stops reading is seen at once, by either SDK', async () => {
    const slow = simulatedProvider({ paceMs: 5 })
    const slowServer = await slow.listen()
    const [chat, messages] = connect(slow, slowServer.url)
    const body = { model: 'm', stream: true } as const
    const chunks = await chat.chat.completions.create({ ...body, messages: [...history] })
    for await (const chunk of chunks) {
      if (chunk.choices[0]?.delta.content) break
    }
    const request = { ...body, max_tokens: 9, messages: [...history] }
    for await (const event of await messages.messages.create(request)) {
      if (event.type === 'content_block_delta') break
    }
    const left = performance.now()
    expect(await Promise.all(slow.requests.map(({ closed }) => closed))).toEqual([
      'aborted',
      'aborted',
    ])
    expect(performance.now() - left).toBeLessThan(2_000)
    for (const { sent } of slow.requests) expect(sent).toBeLessThan(20)
    await slowServer.close()
  })
})
