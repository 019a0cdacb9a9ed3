/** What requests on the chat wire hold beside text, calls and plain results. */

import { describe, expect, test } from 'vitest'
import type { InputPart, Message } from '../../src/base/messages.js'
import type { ReasoningEffort, StreamRequest } from '../../src/base/request.js'
import { presets } from '../../src/drivers/presets.js'
import type { ChatRequestOptions } from '../../src/wires/openai-chat/options.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'

type Json = Record<string, unknown>
type Options = ChatRequestOptions & { provider?: string; body?: Json }

const encode = (request: StreamRequest, options: Options = {}, model = 'm'): Json =>
  encodeChatRequest(request, model, options)
const messagesOf = (messages: Message[], options?: Options, model?: string): Json[] =>
  encode({ messages }, options, model).messages as Json[]

const png = 'iVBORw0KGgo='
const image: InputPart = { type: 'image', data: png }
const imageUrl = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }

const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  content: ids.map((id) => ({ type: 'tool-call', id, name: `shoot_${id}`, input: {} })),
})
const result = (id: string, output: unknown, content?: InputPart[]) => ({
  type: 'tool-result' as const,
  id,
  name: `shoot_${id}`,
  output,
  ...(content && { content }),
})
const tool = (...content: ReturnType<typeof result>[]): Message => ({ role: 'tool', content })

describe('the result of a tool', () => {
  test('keeps its texts, and its images and files follow in one message of the user', () => {
    const pdf: InputPart = { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' }
    const sent = messagesOf([
      calls('a', 'b', 'c'),
      tool(result('a', { ok: 1 }, [{ type: 'text', text: 'shot' }, image])),
      tool(result('b', 'plain'), result('c', undefined, [pdf])),
      { role: 'user', content: 'And?' },
    ])
    expect(sent.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '{"ok":1}\nshot' },
      { role: 'tool', tool_call_id: 'b', content: 'plain' },
      {
        role: 'tool',
        tool_call_id: 'c',
        content: '(The result is in the next user message.)',
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of shoot_a (a):' },
          imageUrl,
          { type: 'text', text: 'From the result of shoot_c (c):' },
          {
            type: 'file',
            file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'file.pdf' },
          },
        ],
      },
      { role: 'user', content: 'And?' },
    ])
  })

  test('says that it failed, whatever it holds', () => {
    const failed = { ...result('a', undefined, [{ type: 'text', text: 'no' }]), isError: true }
    expect(messagesOf([calls('a'), tool(failed)])[1]).toMatchObject({ content: 'Error: no' })
  })

  test('with an image keeps the order of roles that Mistral wants', () => {
    const sent = messagesOf(
      [calls('a'), tool(result('a', 'x', [image]))],
      {},
      'mistral-large-latest',
    )
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'user'])
    const { content } = sent.at(-1) as { content: { text: string }[] }
    const id = sent[1]?.tool_call_id as string
    expect(content[0]?.text).toBe(`From the result of shoot_a (${id}):`)
  })
})

describe('images and files', () => {
  const sentPart = (part: InputPart, options?: Options): unknown =>
    (messagesOf([{ role: 'user', content: [part] }], options) as { content: Json[] }[])[0]
      ?.content[0]

  test('have a detail, as far as this API knows it', () => {
    for (const [detail, sent] of [
      ['auto', 'auto'],
      ['low', 'low'],
      ['high', 'high'],
      ['original', 'high'],
    ] as const) {
      expect(sentPart({ ...image, detail })).toMatchObject({ image_url: { detail: sent } })
    }
    expect(sentPart(image)).toEqual(imageUrl)
  })

  test('of the provider are named by their id, except for images', () => {
    const file = (data: string, mediaType: string): InputPart => ({ type: 'file', data, mediaType })
    expect(sentPart(file('file-abc', 'application/pdf'))).toEqual({
      type: 'file',
      file: { file_id: 'file-abc' },
    })
    expect(sentPart(file('file_1', 'text/plain'), { provider: 'other' })).toMatchObject({
      file: { file_id: 'file_1' },
    })
    for (const part of [
      { type: 'image', data: 'file-abc' } as const,
      file('file-abc', 'image/png'),
      file('file_011CNha8iCJcU1wXNR6q4V8w', 'application/pdf'),
    ]) {
      expect(() => sentPart(part)).toThrow(expect.objectContaining({ code: 'invalid-request' }))
    }
  })
})

describe('options of this provider', () => {
  const own = (fields: Json) => ({ providerOptions: { mine: fields, other: { never: 1 } } })
  const options = { provider: 'mine' }

  test('land in the function, the call, the last message and the content part', () => {
    const body = encode(
      {
        system: [{ type: 'text', text: 's', ...own({ a: 1 }) }],
        messages: [
          { role: 'system', content: 't', ...own({ name: 'b' }) },
          {
            role: 'user',
            content: [{ type: 'text', text: 'u', ...own({ c: 1 }) }],
            ...own({ name: 'kim' }),
          },
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'x', ...own({ d: 1 }) },
              { type: 'text', text: ' ' },
              { type: 'tool-call', id: 'a', name: 'f', input: {}, ...own({ e: 1 }) },
            ],
            ...own({ prefix: true }),
          },
          {
            role: 'tool',
            content: [{ ...result('a', 'r'), ...own({ f: 1 }) }],
            ...own({ g: 1 }),
          },
          { role: 'user', content: [{ ...image, ...own({ image_url: { h: 1 } }) }] },
        ],
        tools: { f: { parameters: { type: 'object' }, ...own({ strict: true }) } },
      },
      options,
    )
    expect(body.messages).toEqual([
      {
        role: 'system',
        name: 'b',
        content: [
          { type: 'text', text: 's', a: 1 },
          { type: 'text', text: 't' },
        ],
      },
      { role: 'user', name: 'kim', content: [{ type: 'text', text: 'u', c: 1 }] },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'x', d: 1 }],
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, e: 1 }],
        prefix: true,
      },
      { role: 'tool', tool_call_id: 'a', content: 'r', f: 1, g: 1 },
      {
        role: 'user',
        content: [{ ...imageUrl, image_url: { ...imageUrl.image_url, h: 1 } }],
      },
    ])
    expect(body.tools).toEqual([
      { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
    ])
  })

  test('of other providers change nothing', () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'text', text: 'u', ...own({ c: 1 }) }], ...own({ d: 1 }) },
    ]
    expect(messagesOf(messages, { provider: 'third' })).toEqual([{ role: 'user', content: 'u' }])
  })

  test('of the request win over the body of the driver, and tools are joined', () => {
    const tools = { f: { parameters: { type: 'object' } } }
    const search = { type: 'web_search' }
    const body = encode(
      { prompt: 'p', tools, ...own({ top_k: 2, deep: { b: 2 } }) },
      { ...options, body: { top_k: 1, user: 'u', deep: { a: 1 }, tools: [search] } },
    )
    expect(body).toMatchObject({ top_k: 2, user: 'u', deep: { a: 1, b: 2 } })
    expect((body.tools as Json[]).map(({ type }) => type)).toEqual(['function', 'web_search'])
    expect(body).not.toHaveProperty('never')
  })

  test('may bring the only tools, for which a choice counts too', () => {
    const search = { prompt: 'p', ...own({ tools: [{ type: 'web_search' }] }) }
    expect(encode({ ...search, toolChoice: 'required' }, options)).toMatchObject({
      tools: [{ type: 'web_search' }],
      tool_choice: 'required',
    })
    expect(encode({ prompt: 'p', toolChoice: 'required' }, options)).not.toHaveProperty(
      'tool_choice',
    )
  })

  test('keep their tools beside a function that is forced by "required"', () => {
    const parameters = { type: 'object' }
    const body = encode(
      {
        prompt: 'p',
        tools: { f: { parameters }, g: { parameters } },
        toolChoice: { name: 'g' },
        ...own({ tools: [{ type: 'web_search' }] }),
      },
      { ...options, namedToolChoice: 'required' },
    )
    expect(body).toMatchObject({
      tools: [{ type: 'function', function: { name: 'g' } }, { type: 'web_search' }],
      tool_choice: 'required',
    })
  })
})

describe('marks for the cache', () => {
  const parameters = { type: 'object' }
  const request: StreamRequest = {
    system: [{ type: 'text', text: 's', cache: '1h' }],
    messages: [
      { role: 'user', content: 'u', cache: true },
      { ...calls('a'), cache: true },
      { role: 'tool', content: [{ ...result('a', 'r'), cache: true }] },
    ],
    tools: { f: { parameters, cache: true } },
  }
  const mark = { type: 'ephemeral' }
  const marksOf = (body: Json): number => JSON.stringify(body).split('"ephemeral"').length - 1

  test('are sent to servers that take them, where they were set', () => {
    const body = encode(request, { cacheControl: true })
    expect(body.tools).toMatchObject([{ cache_control: mark, function: { name: 'f' } }])
    expect(body.messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 's', cache_control: { ...mark, ttl: '1h' } }],
      },
      { role: 'user', content: [{ type: 'text', text: 'u', cache_control: mark }] },
      expect.objectContaining({ role: 'assistant', content: null }),
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [{ type: 'text', text: 'r', cache_control: mark }],
      },
    ])
    expect(presets.openrouter.cacheControl).toBe(true)
  })

  test('are breakpoints for models of OpenAI that have them, except on tools', () => {
    const { tools, messages } = encode({ ...request, cache: true }, {}, 'gpt-6')
    expect(tools).toEqual([{ type: 'function', function: { name: 'f', parameters } }])
    const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } }
    expect(messages).toMatchObject([
      { content: [{ prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }] },
      { content: [breakpoint] },
      { content: null },
      { content: [{ text: 'r', ...breakpoint }] },
    ])
    expect(JSON.stringify(encode(request, { provider: 'azure' }, 'gpt-6'))).not.toContain('prompt_')
    expect(JSON.stringify(encode(request, {}, 'gpt-5.5'))).not.toContain('prompt_')
  })

  test('change nothing for others', () => {
    const plain = encode({
      system: 's',
      messages: [{ role: 'user', content: 'u' }, calls('a'), tool(result('a', 'r'))],
      tools: { f: { parameters } },
    })
    expect(encode({ ...request, cache: true })).toEqual(plain)
  })

  test('count only as the last four, the one of the whole request included', () => {
    const call = { type: 'tool-call' as const, id: 'a', name: 'f', input: {} }
    const marked: Message = { role: 'assistant', content: [{ ...call, cache: true }] }
    const texts = Array.from({ length: 6 }, (_, at): InputPart => {
      return { type: 'text', text: `${at}`, cache: true }
    })
    const messages: Message[] = [
      { role: 'user', content: texts },
      // A mark on a call has no place.
      marked,
      tool(result('a', 'r')),
    ]
    const four = encode({ messages }, { cacheControl: true })
    expect(marksOf(four)).toBe(4)
    expect((four.messages as { content: Json[] }[])[0]?.content[1]).toEqual({
      type: 'text',
      text: '1',
    })
    const all = encode({ messages, cache: '1h' }, { cacheControl: true })
    expect(all.cache_control).toEqual({ type: 'ephemeral', ttl: '1h' })
    expect(marksOf(all)).toBe(4)
  })

  test('of a message and of its last part are one', () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'text', text: 'u', cache: '1h' }], cache: true },
    ]
    expect(marksOf(encode({ messages }, { cacheControl: true }))).toBe(1)
  })
})

describe('no thinking', () => {
  const sent = (model: string, options?: Options, effort: ReasoningEffort = 'none') => {
    const {
      model: _m,
      messages: _s,
      stream: _t,
      stream_options: _o,
      ...rest
    } = encode({ prompt: 'p', reasoning: { effort } }, options, model)
    return rest
  }

  test('is asked for as the maker of the model documents it', () => {
    const disabled = { thinking: { type: 'disabled' } }
    for (const [model, fields] of [
      ['gpt-5.5', { reasoning_effort: 'none' }],
      ['gpt-5', { reasoning_effort: 'minimal' }],
      ['o3', { reasoning_effort: 'low' }],
      ['deepseek-v4-flash', disabled],
      ['kimi-k2.5', disabled],
      ['moonshotai/kimi-k2.6', disabled],
      ['kimi-k3', { reasoning_effort: 'low' }],
      ['glm-4.6', disabled],
      ['zai-org/GLM-5.1', disabled],
      ['glm-5.3', { reasoning_effort: 'low' }],
      ['mimo-v2.5-pro', disabled],
      ['qwen3-max', { enable_thinking: false }],
      ['qwen-plus', { enable_thinking: false }],
      ['openai/gpt-oss-120b', { reasoning_effort: 'low' }],
      ['mistral-small-latest', { reasoning_effort: 'none' }],
      ['grok-4.3', { reasoning_effort: 'none' }],
      ['unknown', { reasoning_effort: 'none' }],
    ] as const) {
      expect([model, sent(model)]).toEqual([model, fields])
    }
  })

  test('is asked for as the server wants it, for models that have such a switch', () => {
    const template = { chat_template_kwargs: { enable_thinking: false, thinking: false } }
    for (const [preset, model, fields] of [
      ['vllm', 'Qwen/Qwen3-8B', template],
      ['llamacpp', 'glm-4.6', template],
      ['groq', 'qwen/qwen3-32b', { reasoning_effort: 'none' }],
      ['ollama', 'qwen3', { reasoning_effort: 'none' }],
      ['together', 'deepseek-ai/DeepSeek-V4-Pro', { reasoning: { enabled: false } }],
      ['openrouter', 'z-ai/glm-5', { reasoning: { effort: 'none' } }],
      ['groq', 'openai/gpt-oss-120b', { reasoning_effort: 'low' }],
    ] as const) {
      expect([preset, sent(model, presets[preset])]).toEqual([preset, fields])
    }
  })

  test('is what the traits of an unknown model say', () => {
    const traits = { thinkingSwitch: 'thinking' } as const
    expect(sent('unknown', { traits })).toEqual({ thinking: { type: 'disabled' } })
    const some = { traits: { efforts: ['low', 'high'] as const } }
    expect(sent('unknown', some)).toEqual({ reasoning_effort: 'low' })
    expect(sent('unknown', some, 'max')).toEqual({ reasoning_effort: 'high' })
  })

  test('is the only thing that a switch is sent for, except where thinking is off by itself', () => {
    expect(sent('deepseek-v4-pro', {}, 'high')).toEqual({ reasoning_effort: 'high' })
    expect(sent('qwen-plus', {}, 'high')).toEqual({
      enable_thinking: true,
      reasoning_effort: 'high',
    })
    expect(encode({ prompt: 'p' }, {}, 'qwen-plus')).not.toHaveProperty('enable_thinking')
  })
})
