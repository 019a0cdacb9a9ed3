/**
 * The gateway, asked by the `openai` SDK, with its providers behind it on a socket.
 */

import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from 'openai'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources'
import {
  type Answer,
  type SimulatedProvider,
  type SimulatedRequest,
  type SimulatedServer,
  simulatedProvider,
} from 'sluice/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Example } from './child.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let answer: (request: SimulatedRequest) => Answer
let provider: SimulatedProvider
let upstream: SimulatedServer
let gateway: Example
let baseURL: string
let client: OpenAI

const wires = {
  'gpt-5.5': 'openai-chat',
  'claude-sonnet-5-5': 'anthropic-messages',
  'llama3.2': 'openai-chat',
} as const

beforeAll(async () => {
  provider = simulatedProvider({
    paceMs: 0,
    requireKey: false,
    answer: (request) => answer(request),
  })
  upstream = await provider.listen()
  gateway = new Example('gateway/server.ts', {
    PORT: '0',
    GATEWAY_KEY: 'secret',
    OPENAI_API_KEY: 'key',
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    ANTHROPIC_API_KEY: 'key',
    ANTHROPIC_BASE_URL: upstream.url,
    OLLAMA_URL: upstream.url,
  })
  const [, port] = await gateway.prints(/port: (\d+)/)
  baseURL = `http://localhost:${port}/v1`
  client = new OpenAI({ apiKey: 'secret', baseURL, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await upstream?.close()
})

/** What the provider is asked in this test. */
let before: number
const asked = (): SimulatedRequest[] => provider.requests.slice(before)
beforeEach(() => {
  before = provider.requests.length
})

const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }]

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('the models are listed', async () => {
  const ids: string[] = []
  for await (const { id } of client.models.list()) ids.push(id)
  expect(ids).toEqual(expect.arrayContaining([...Object.keys(wires), 'gemini-3-flash-preview']))
})

describe.each(Object.entries(wires))('%s', (model, wire) => {
  test('streams, with the usage where it is asked for', async () => {
    answer = () => ({ reasoning: 'Hm.', text: 'Hello there, you.' })
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let last: OpenAI.ChatCompletionChunk | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      expect(chunk.model).toBe(model)
      last = chunk
    }
    expect(text).toBe('Hello there, you.')
    expect(last?.usage?.completion_tokens).toBeGreaterThan(3)
    expect(asked().map((request) => request.wire)).toEqual([wire])
  })

  test('answers as a whole', async () => {
    answer = () => 'Hello there, you.'
    const completion = await client.chat.completions.create({ model, messages })
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.closeTo(Date.now() / 1000, -2),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there, you.', refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    })
    expect(asked()).toHaveLength(1)
  })

  test.each([true, false])('calls tools and takes their results (stream: %s)', async (isStream) => {
    const input = { city: 'Wien' }
    answer = ({ body }) =>
      JSON.stringify(body).includes('21 degrees')
        ? 'It is 21 °C.'
        : { text: 'Let me see.', toolCalls: [{ name: 'weather', input }] }
    const tools: ChatCompletionTool[] = [
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      },
    ]
    const ask = (all: ChatCompletionMessageParam[]): Promise<OpenAI.ChatCompletion> =>
      isStream
        ? client.chat.completions.stream({ model, messages: all, tools }).finalChatCompletion()
        : client.chat.completions.create({ model, messages: all, tools })
    const { choices } = await ask(messages)
    const [{ message, finish_reason } = expect.fail('no choice')] = choices
    expect(finish_reason).toBe('tool_calls')
    expect(message.content).toBe('Let me see.')
    const [call] = message.tool_calls ?? []
    if (call?.type !== 'function') return expect.fail('no call')
    expect(call.function.name).toBe('weather')
    expect(JSON.parse(call.function.arguments)).toEqual(input)
    const result = { role: 'tool', tool_call_id: call.id, content: '21 degrees' } as const
    const second = await ask([...messages, message, result])
    expect(second.choices[0]?.message.content).toBe('It is 21 °C.')
    // The second request has the call and its result under one id.
    const body = JSON.stringify(asked()[1]?.body)
    expect(body.split(call.id)).toHaveLength(3)
  })

  test('closes the connection to the provider when the client leaves', async () => {
    answer = () => ({ text: 'word '.repeat(50), fault: { kind: 'stall', afterEvents: 8 } })
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    for await (const _ of stream) break
    expect(await asked()[0]?.closed).toBe('aborted')
    // Nor does it wait for a whole answer that nobody wants.
    const leaving = new AbortController()
    const { signal } = leaving
    const whole = thrownBy(client.chat.completions.create({ model, messages }, { signal }))
    await expect.poll(() => asked()[1]?.sent, { timeout: 10_000 }).toBe(8)
    leaving.abort()
    expect(await whole).toBeInstanceOf(APIError)
    expect(await asked()[1]?.closed).toBe('aborted')
  })
})

test('a provider without a key is simulated', async () => {
  const model = 'gemini-3-flash-preview'
  const runner = client.chat.completions.stream({ model, messages })
  const { choices } = await runner.finalChatCompletion()
  expect(choices[0]?.message.content).toContain('You asked: "Hi".')
  expect(choices[0]?.finish_reason).toBe('stop')
})

test('all that a request can say reaches another provider in its own words', async () => {
  answer = () => '{"name":"Ada"}'
  await client.chat.completions.create({
    model: 'claude-sonnet-5-5',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Who is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'assistant', content: 'Ada.' },
      { role: 'user', content: 'As JSON, please.' },
    ],
    max_completion_tokens: 77,
    stop: 'END',
    tools: [{ type: 'function', function: { name: 'noop', description: 'Does nothing' } }],
    tool_choice: 'auto',
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'Person',
        schema: {
          type: 'object',
          properties: { name: { type: 'string' } },
          required: ['name'],
          additionalProperties: false,
        },
      },
    },
  })
  const { body } = asked()[0] as SimulatedRequest
  expect(body).toMatchObject({
    max_tokens: 77,
    stop_sequences: ['END'],
    tools: [{ name: 'noop', description: 'Does nothing', input_schema: { type: 'object' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Who is this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        ],
      },
      { role: 'assistant' },
      { role: 'user' },
    ],
  })
  expect(JSON.stringify(body)).toMatch(/"system":.*Be brief\./)
  expect(JSON.stringify(body)).toContain('"properties":{"name":{"type":"string"}}')
  const sampling = { temperature: 0.5, top_p: 0.9, seed: 7, stop: ['A', 'B'] }
  await client.chat.completions.create({
    model: 'llama3.2',
    messages: [{ role: 'system', content: 'Be brief.' }, ...messages],
    max_tokens: 5,
    ...sampling,
  })
  expect(asked()[1]?.body).toMatchObject({
    model: 'llama3.2',
    messages: [{ role: 'system', content: 'Be brief.' }, ...messages],
    max_tokens: 5,
    ...sampling,
  })
})

test('JSON that is not JSON is asked for again', async () => {
  let count = 0
  answer = () => (++count === 1 ? 'Sure! Here it is.' : '{"ok":true}')
  const { choices } = await client.chat.completions.create({
    model: 'gpt-5.5',
    messages,
    response_format: { type: 'json_object' },
  })
  expect(choices[0]?.message.content).toBe('{"ok":true}')
  expect(asked()).toHaveLength(2)
})

test('an answer that breaks off is carried on, and the client sees nothing of it', async () => {
  let count = 0
  answer = () =>
    ++count === 1
      ? { text: 'The sky is blue because', fault: { kind: 'cut', afterEvents: 5 } }
      : 'because of the air.'
  const runner = client.chat.completions.stream({ model: 'gpt-5.5', messages })
  const { choices } = await runner.finalChatCompletion()
  expect(choices[0]?.message.content).toMatch(/^The sky .*because of the air\.$/)
  expect(asked()).toHaveLength(2)
})

test('where one provider is down, another one answers', async () => {
  answer = ({ wire }) =>
    wire === 'openai-chat' ? { fault: { kind: 'status', status: 503 } } : 'I am up.'
  const { choices, model } = await client.chat.completions.create({ model: 'any', messages })
  expect(choices[0]?.message.content).toBe('I am up.')
  expect(model).toBe('claude-sonnet-5-5')
  expect(asked().map(({ wire }) => wire)).toEqual([
    'openai-chat',
    'openai-chat',
    'anthropic-messages',
  ])
})

test('of several providers, the one that has begun to answer goes on, and no other one begins anew', async () => {
  let count = 0
  answer = () =>
    ++count === 1
      ? { text: 'The sky is blue because', fault: { kind: 'cut', afterEvents: 5 } }
      : 'because of the air.'
  const runner = client.chat.completions.stream({ model: 'any', messages })
  const { choices } = await runner.finalChatCompletion()
  expect(choices[0]?.message.content).toMatch(/^The sky .*because of the air\.$/)
  expect(asked().map(({ wire }) => wire)).toEqual(['openai-chat', 'openai-chat'])
})

test('where only another provider could begin anew, the client is told and does not get two answers in one', async () => {
  const body = { error: { message: 'No.', type: 'invalid_request_error' } }
  answer = ({ wire }) =>
    wire === 'openai-chat'
      ? { text: 'Half an answer', fault: { kind: 'error', afterEvents: 3, body } }
      : 'Another answer.'
  const stream = await client.chat.completions.create({ model: 'any', messages, stream: true })
  let text = ''
  const read = async (): Promise<void> => {
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  }
  expect(await thrownBy(read())).toMatchObject({ error: { code: 'retracted' } })
  expect(text).toMatch(/^Half/)
  expect(text).not.toContain('Another')
  // One that asks for a whole answer has seen nothing, and gets it.
  const { choices } = await client.chat.completions.create({ model: 'any', messages })
  expect(choices[0]?.message.content).toBe('Another answer.')
})

test('a failure in the middle is thrown by the SDK, in public words', async () => {
  const body = { error: { message: 'sk-secret', type: 'invalid_request_error' } }
  answer = () => ({ text: 'Half an answer', fault: { kind: 'error', afterEvents: 3, body } })
  const stream = await client.chat.completions.create({ model: 'gpt-5.5', messages, stream: true })
  let text = ''
  const read = async (): Promise<void> => {
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  }
  const error = await thrownBy(read())
  expect(text).toMatch(/^Half/)
  expect(error).toBeInstanceOf(APIError)
  expect(JSON.stringify(error)).toContain('The model did not accept the request.')
  expect(JSON.stringify(error)).not.toContain('sk-secret')
})

describe.each([true, false])('errors (stream: %s)', (isStream) => {
  const ask = (options: object = {}): Promise<unknown> => {
    const body = { model: 'gpt-5.5', messages, stream: isStream, ...options }
    return thrownBy(client.chat.completions.create(body as OpenAI.ChatCompletionCreateParams))
  }

  test.each([
    [400, 400, { type: 'invalid_request_error' }],
    // The key of the gateway is not the client's fault.
    [401, 500, { type: 'server_error', code: 'auth' }],
  ])('%i of the provider is %i for the client', async (status, told, words) => {
    answer = () => ({ fault: { kind: 'status', status } })
    const error = await ask()
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: told, ...words })
    expect(asked()).toHaveLength(1)
  })

  test('429 with a long wait is told at once, with the wait', async () => {
    const headers = { 'retry-after-ms': '120000' }
    answer = () => ({ fault: { kind: 'status', status: 429, headers } })
    const error = await ask()
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error' })
    expect((error as APIError).headers?.get('retry-after')).toBe('120')
  })

  test('what the gateway does not know is refused, with what is wrong', async () => {
    const missing = await ask({ model: 'gpt-1' })
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    for (const [options, param] of [
      [{ messages: [] }, 'messages'],
      [
        { messages: [{ role: 'user', content: [{ type: 'video' }] }] },
        'messages[0].content[0].type',
      ],
      [{ n: 2 }, 'n'],
      [{ max_tokens: 0 }, 'max_tokens'],
    ] as const) {
      const error = await ask(options)
      expect(error).toBeInstanceOf(BadRequestError)
      expect(error).toMatchObject({ type: 'invalid_request_error', param })
    }
    expect(asked()).toEqual([])
  })
})

test('whoever does not know the key is not let in', async () => {
  const stranger = new OpenAI({ apiKey: 'guess', baseURL, maxRetries: 0 })
  const error = await thrownBy(stranger.chat.completions.create({ model: 'gpt-5.5', messages }))
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error).toMatchObject({ code: 'invalid_api_key' })
  expect(await thrownBy(stranger.models.list())).toBeInstanceOf(AuthenticationError)
  expect(asked()).toEqual([])
})

test('a body that is not JSON is refused', async () => {
  const headers = { authorization: 'Bearer secret' }
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers,
    body: '{',
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { message: 'The body is not JSON.' } })
})
