import { describe, expect, test } from 'vitest'
import type { InputPart, Message, OutputPart, ToolResultPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'

type Json = Record<string, unknown>

const encode = (request: StreamRequest, model = 'gpt-5.5', body?: Json): Json =>
  encodeResponsesRequest(request, model, { provider: 'openai', body })
const inputOf = (messages: readonly Message[], model?: string): Json[] =>
  encode({ messages }, model).input as Json[]

const user = (...content: InputPart[]): Message => ({ role: 'user', content })
const call: OutputPart = { type: 'tool-call', id: 'c', name: 'f', input: {} }
const results = (part: Partial<ToolResultPart>, more: Partial<Message> = {}): Message[] => [
  { role: 'assistant', content: [call] },
  {
    ...more,
    role: 'tool',
    content: [{ type: 'tool-result', id: 'c', name: 'f', output: 'ok', ...part }],
  },
]
const png: InputPart = { type: 'image', data: 'iVBORw0KGgo=' }
const imageUrl = 'data:image/png;base64,iVBORw0KGgo='

describe('the result of a tool', () => {
  const outputOf = (part: Partial<ToolResultPart>): unknown => inputOf(results(part)).at(-1)?.output

  test('has its text first, then images and files', () => {
    const pdf: InputPart = { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' }
    expect(outputOf({ content: [{ type: 'text', text: 'a' }, png, pdf] })).toEqual([
      { type: 'input_text', text: 'ok' },
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: imageUrl, detail: 'auto' },
      {
        type: 'input_file',
        filename: 'file.pdf',
        file_data: 'data:application/pdf;base64,JVBERi0=',
      },
    ])
    expect(outputOf({ output: { x: 1 }, content: [png] })).toMatchObject([
      { text: '{"x":1}' },
      { type: 'input_image' },
    ])
  })

  test('has no empty text, and says that it failed', () => {
    expect(outputOf({ output: '', content: [png] })).toMatchObject([{ type: 'input_image' }])
    expect(outputOf({ output: '', content: [png], isError: true })).toMatchObject([
      { text: 'Error: (empty)' },
      { type: 'input_image' },
    ])
    expect(outputOf({ content: [] })).toBe('ok')
    expect(outputOf({ content: [{ type: 'text', text: ' ' }] })).toBe('ok')
  })
})

test('uploaded files go by their ids, and images with their detail', () => {
  const [message] = inputOf([
    user(
      { type: 'image', data: 'file-abc', detail: 'original' },
      { type: 'image', data: 'https://a.test/x.png', detail: 'low' },
      { type: 'file', data: 'file-abc', mediaType: 'application/pdf', filename: 'x.pdf' },
      { type: 'file', data: 'file_abc', mediaType: 'image/png' },
    ),
  ])
  expect(message?.content).toEqual([
    { type: 'input_image', file_id: 'file-abc', detail: 'original' },
    { type: 'input_image', image_url: 'https://a.test/x.png', detail: 'low' },
    { type: 'input_file', file_id: 'file-abc' },
    { type: 'input_image', file_id: 'file_abc', detail: 'auto' },
  ])
})

describe('options of the provider', () => {
  const options = (openai: Json): { providerOptions: Record<string, Json> } => ({
    providerOptions: { openai, anthropic: { other: true } },
  })

  test('are merged into the item or part that they belong to', () => {
    const input = inputOf([
      { ...user({ type: 'text', text: 'a', ...options({ x: 1 }) }, png), ...options({ id: 'm' }) },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'b', ...options({ phase: 'commentary' }) },
          { ...call, ...options({ status: 'completed' }) },
        ],
        ...options({ id: 'fc_1' }),
      },
      results({ ...options({ status: 'completed' }) })[1] as Message,
    ])
    expect(input).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'a', x: 1 },
          { type: 'input_image', image_url: imageUrl, detail: 'auto' },
        ],
        id: 'm',
      },
      { type: 'message', role: 'assistant', content: 'b', phase: 'commentary' },
      {
        type: 'function_call',
        call_id: 'c',
        name: 'f',
        arguments: '{}',
        status: 'completed',
        id: 'fc_1',
      },
      { type: 'function_call_output', call_id: 'c', output: 'ok', status: 'completed' },
    ])
    const part = { ...png, ...options({ detail: 'high' }) }
    expect(inputOf(results({ content: [part] })).at(-1)?.output).toMatchObject([
      { text: 'ok' },
      { detail: 'high' },
    ])
  })

  test('of a tool are merged into it, beside the tools of the server', () => {
    const parameters = { type: 'object', properties: {} }
    const tools = {
      f: { parameters, ...options({ strict: true, defer_loading: true }) },
      g: { parameters },
    }
    const openai = { tools: [{ type: 'web_search' }], include: ['web_search_call.results'] }
    const request = { prompt: 'q', tools, providerOptions: { openai } }
    const body = encode(request, 'gpt-5.5', { tools: [{ type: 'tool_search' }], store: true })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', parameters, strict: true, defer_loading: true },
      { type: 'function', name: 'g', parameters, strict: false },
      { type: 'tool_search' },
      { type: 'web_search' },
    ])
    expect(body.include).toEqual(['reasoning.encrypted_content', 'web_search_call.results'])
    expect(body.store).toBe(true)
  })

  test('that choose an effort keep the summary and the encrypted reasoning', () => {
    const providerOptions = { openai: { reasoning: { effort: 'xhigh' } } }
    for (const request of [
      { prompt: 'q', providerOptions },
      { prompt: 'q', providerOptions, reasoning: { effort: 'low' as const } },
    ]) {
      for (const model of ['gpt-5.5', 'not-listed']) {
        expect(encode(request, model)).toMatchObject({
          reasoning: { effort: 'xhigh', summary: 'auto' },
          include: ['reasoning.encrypted_content'],
        })
      }
    }
    const silent = { openai: { reasoning: { effort: 'low', summary: null } } }
    expect(encode({ prompt: 'q', providerOptions: silent }).reasoning).toEqual({
      effort: 'low',
      summary: null,
    })
  })

  test('with tools of the server alone allow a choice', () => {
    const providerOptions = { openai: { tools: [{ type: 'web_search' }] } }
    const body = encode({ prompt: 'q', providerOptions, toolChoice: 'required' })
    expect(body).toMatchObject({ tool_choice: 'required' })
    expect(encode({ prompt: 'q', toolChoice: 'required' })).not.toHaveProperty('tool_choice')
  })

  test('of the instructions make an item of them', () => {
    const system: InputPart = { type: 'text', text: 'Be kind.', ...options({ x: 1 }) }
    const messages: Message[] = [{ role: 'system', content: 'b' }, user(png)]
    const body = encode({ system: [system], messages })
    expect(body).not.toHaveProperty('instructions')
    expect((body.input as Json[])[0]).toEqual({
      type: 'message',
      role: 'developer',
      content: [
        { type: 'input_text', text: 'Be kind.', x: 1 },
        { type: 'input_text', text: 'b' },
      ],
    })
    const other: InputPart = { ...system, providerOptions: { anthropic: { x: 1 } } }
    expect(encode({ system: [other], prompt: 'q' })).toMatchObject({ instructions: 'Be kind.' })
  })
})

describe('a mark of what may be cached', () => {
  const breakpoint = { mode: 'explicit' }
  const model = 'gpt-5.6'
  const marked: InputPart = { type: 'text', text: 'a', cache: true }

  test('is a breakpoint on text, images and files', () => {
    const messages: Message[] = [
      user(marked, { ...png, cache: '1h' }),
      ...results({ cache: true }),
      { ...user(png), cache: true },
    ]
    const input = inputOf(messages, model)
    expect(input[0]?.content).toMatchObject([
      { prompt_cache_breakpoint: breakpoint },
      { prompt_cache_breakpoint: { ...breakpoint, ttl: '12h' } },
    ])
    expect(input[2]?.output).toEqual([
      { type: 'input_text', text: 'ok', prompt_cache_breakpoint: breakpoint },
    ])
    expect(input[3]?.content).toMatchObject([{ prompt_cache_breakpoint: breakpoint }])
  })

  test('counts in the instructions too, and the last four count', () => {
    const system = [marked, { ...marked, text: 'b' }] as const
    const body = encode({ system, messages: [user(marked, marked, marked)] }, model)
    expect(body).not.toHaveProperty('instructions')
    const [first, second] = body.input as { content: Json[] }[]
    expect(first?.content.map((part) => part.prompt_cache_breakpoint)).toEqual([
      undefined,
      breakpoint,
    ])
    expect(second?.content.map((part) => part.prompt_cache_breakpoint)).toEqual([
      breakpoint,
      breakpoint,
      breakpoint,
    ])
  })

  test('is ignored by models without breakpoints, on answers, and for the whole request', () => {
    const messages: Message[] = [
      { ...user(marked), cache: true },
      ...results({ cache: true }, { cache: true }),
    ]
    for (const other of ['gpt-5.5', 'gpt-4o', 'not-listed']) {
      const body = encode({ system: [marked], messages, cache: true }, other)
      expect(JSON.stringify(body)).not.toContain('breakpoint')
      expect(body).toMatchObject({ instructions: 'a' })
    }
    const answer: Message = { role: 'assistant', content: 'a', cache: true }
    expect(JSON.stringify(inputOf([user(png), answer], model))).not.toContain('breakpoint')
    expect(encode({ prompt: 'q', cache: true }, model)).toEqual(encode({ prompt: 'q' }, model))
  })
})
