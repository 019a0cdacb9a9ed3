import OpenAI from 'openai'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  type SimulatedProvider,
  simulatedProvider,
} from '../../src/entries/testing.js'

const input = [
  { role: 'user', content: 'My name is Zoë 🦊.' },
  { role: 'assistant', content: 'Hello Zoë.' },
  { role: 'user', content: 'What is my name?' },
] as const
const body = { model: 'gpt-test', instructions: 'Be kind.', input: [...input] }

describe.each(['fetch', 'socket'] as const)('the OpenAI SDK reads responses over %s', (way) => {
  const closing: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(closing.map((close) => close())))

  const start = async (
    answer?: Answer,
  ): Promise<{ provider: SimulatedProvider; client: OpenAI }> => {
    const provider = simulatedProvider({ paceMs: 0, ...(answer === undefined ? {} : { answer }) })
    const server = await provider.listen()
    closing.push(server.close)
    const options = { apiKey: 'any', maxRetries: 0, baseURL: `${server.url}/v1` }
    const client = new OpenAI({ ...options, ...(way === 'fetch' ? provider : {}) })
    return { provider, client }
  }
  const read = async (
    stream: AsyncIterable<ResponseStreamEvent>,
  ): Promise<ResponseStreamEvent[]> => {
    const events: ResponseStreamEvent[] = []
    for await (const event of stream) events.push(event)
    return events
  }

  test('the default answer token by token, with usage', async () => {
    const { provider, client } = await start()
    const events = await read(await client.responses.create({ ...body, stream: true }))
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()])
    const tokens = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? event.delta : [],
    )
    expect(tokens.length).toBeGreaterThan(40)
    expect(tokens.every((token) => /^\s?\S+$/.test(token))).toBe(true)
    const text = tokens.join('')
    expect(text).toContain('"What is my name?"')
    expect(text).toContain('"My name is Zoë 🦊."')
    expect(text).toContain('3 messages')
    expect(text).toContain('"Be kind."')
    const names = events.map((event) => event.type.replace('response.', ''))
    expect([...new Set(names)]).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ])
    const message = { type: 'message', role: 'assistant', status: 'completed' }
    expect(events.at(-1)).toMatchObject({
      response: {
        id: expect.stringMatching(/^resp_\w{50}$/) as string,
        model: 'gpt-test',
        status: 'completed',
        instructions: 'Be kind.',
        output: [{ ...message, content: [{ type: 'output_text', text }] }],
        usage: { output_tokens: tokens.length },
      },
    })
    const request = provider.requests.at(-1)
    expect(request).toMatchObject({ wire: 'openai-responses', path: '/v1/responses' })
    expect(await request?.closed).toBe('finished')
    expect(request?.sent).toBe(tokens.length + 8)
  })

  test('reasoning, calls and usage, as a stream and as a whole', async () => {
    const { client } = await start({
      text: 'Let me see.',
      reasoning: 'Rain or sun?',
      toolCalls: [
        { id: 'call_1', name: 'weather', input: { city: 'Zürich', days: 3 } },
        { name: 'time', input: {} },
      ],
      usage: { inputTokens: 50, outputTokens: 20, cachedInputTokens: 10, reasoningTokens: 4 },
    })
    const check = (response: Response): void => {
      expect(response.output_text).toBe('Let me see.')
      expect(response.output).toMatchObject([
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Rain or sun?' }] },
        { type: 'message' },
        { call_id: 'call_1', name: 'weather', arguments: '{"city":"Zürich","days":3}' },
        { type: 'function_call', status: 'completed', name: 'time', arguments: '{}' },
      ])
      expect(response.output[0]).toHaveProperty('encrypted_content')
      expect(response.output[3]).toHaveProperty('call_id', expect.stringMatching(/^call_\w{24}$/))
      expect(response.usage).toMatchObject({
        input_tokens: 50,
        input_tokens_details: { cached_tokens: 10 },
        output_tokens: 20,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 70,
      })
    }
    const include = ['reasoning.encrypted_content' as const]
    // It puts the events together itself, and fails where they do not fit.
    check(await client.responses.stream({ ...body, include }).finalResponse())
    check(await client.responses.create({ ...body, include }))
  })

  test('raw items with their events, previews of an image, a phase and more usage', async () => {
    const search = {
      id: 'ws_1',
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'q' },
    }
    const image = {
      id: 'ig_1',
      type: 'image_generation_call',
      status: 'completed',
      result: 'iVBORw0KGgoAAAANSUhEUgAA',
    }
    const code = {
      id: 'ci_1',
      type: 'code_interpreter_call',
      status: 'completed',
      container_id: 'cntr_1',
      code: 'print(1)',
      outputs: [],
    }
    const remark = {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      phase: 'commentary',
      content: [{ type: 'output_text', text: 'Let me look.', annotations: [] }],
    }
    const blocks = [
      { before: 'reasoning' as const, data: remark },
      ...[search, code, image].map((data) => ({ before: 'text' as const, data })),
    ]
    const { client } = await start({
      text: 'Done.',
      phase: 'final_answer',
      blocks,
      rawUsage: { cost: 0.5 },
    })
    const tools = [{ type: 'image_generation' as const, partial_images: 2 }]
    const events = await read(await client.responses.create({ ...body, tools, stream: true }))
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()])
    const names = events.map((event) => event.type.replace('response.', ''))
    for (const expected of [
      ['web_search_call.in_progress', 'web_search_call.searching', 'web_search_call.completed'],
      ['code_interpreter_call_code.delta', 'code_interpreter_call_code.done'],
      ['image_generation_call.partial_image', 'image_generation_call.completed'],
    ]) {
      expect([...new Set(names)].join()).toContain(expected.join())
    }
    const begun = events.flatMap((event) =>
      event.type === 'response.output_item.added' ? event.item : [],
    )
    expect(begun).toMatchObject([
      { status: 'in_progress', content: [] },
      { status: 'in_progress' },
      { code: '' },
      { result: null },
      { phase: 'final_answer' },
    ])
    expect(begun[1]).not.toHaveProperty('action', expect.anything())
    const previews = events.flatMap((event) =>
      event.type === 'response.image_generation_call.partial_image' ? event.partial_image_b64 : [],
    )
    expect(previews).toEqual(['iVBORw0K', 'iVBORw0KGgoAAAAN'])
    expect(events.at(-1)).toMatchObject({
      response: {
        output: [remark, search, code, image, { type: 'message' }],
        usage: { cost: 0.5 },
      },
    })
    const whole = await client.responses.stream({ ...body, tools }).finalResponse()
    expect(whole.output_text).toBe('Let me look.Done.')
  })

  test('an answer that is cut off is incomplete', async () => {
    const { client } = await start({ text: 'One two', finishReason: 'length' })
    const events = await read(await client.responses.create({ ...body, stream: true }))
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ status: 'incomplete' }],
      },
    })
  })

  test('an error inside the stream, and one in its place', async () => {
    const { client } = await start()
    const ask = (fault: string) =>
      client.responses.create(
        { ...body, stream: true },
        { headers: { 'x-simulated-fault': fault } },
      )
    const events: ResponseStreamEvent[] = []
    const reading = async (): Promise<void> => {
      for await (const event of await ask('error=6')) events.push(event)
    }
    await expect(reading()).rejects.toMatchObject({ type: 'server_error' })
    expect(events).toHaveLength(6)
    await expect(ask('status=429')).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      requestID: expect.stringMatching(/^req_\w{32}$/) as string,
    })
    await expect(
      client.responses.create({ model: 'm', input: [], stream: true }),
    ).rejects.toMatchObject({ status: 400, param: 'input', code: 'missing_required_parameter' })
  })
})
