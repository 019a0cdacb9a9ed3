import { describe, expect, test } from 'vitest'
import type { ForProviders, InputPart, Message, OutputPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'

type Json = Record<string, unknown>

const encode = (request: StreamRequest, model = 'claude-opus-5', body?: Json): Json =>
  encodeMessagesRequest(request, model, body === undefined ? {} : { body })

const sent = (messages: Message[], model?: string): { role: string; content: Json[] }[] =>
  encode({ messages }, model).messages as never

const user = (...content: InputPart[]): Message => ({ role: 'user', content })
const text = (value: string, more: ForProviders = {}): InputPart => ({
  type: 'text',
  text: value,
  ...more,
})
const q = user(text('q'))
const image: InputPart = { type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png' }
const imageBlock = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
}
const own = (options: Json): ForProviders => ({ providerOptions: { anthropic: options } })
const parameters = { type: 'object', properties: {} }

const origin = 'anthropic-messages/anthropic'
const block = (data: Json, more: ForProviders & { partial?: true } = {}): OutputPart => ({
  type: 'provider',
  name: String(data.type),
  origin,
  data,
  ...more,
})
const use = (id: string, more: Json = {}): Json => ({
  type: 'server_tool_use',
  id,
  name: 'web_search',
  input: {},
  ...more,
})
const found = (id: string, more: Json = {}): Json => ({
  type: 'web_search_tool_result',
  tool_use_id: id,
  content: [],
  ...more,
})
const answer = (...content: OutputPart[]): Message => ({ role: 'assistant', content })
const said: OutputPart = { type: 'text', text: 'a' }
const thought: OutputPart = { type: 'reasoning', text: 'hm', signature: `${origin}:s` }
const thinking = { type: 'thinking', thinking: 'hm', signature: 's' }
const call = (id: string, more: object = {}): OutputPart => ({
  type: 'tool-call',
  id,
  name: 'f',
  input: {},
  ...more,
})
const result = (id: string, more: object = {}): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', id, name: 'f', output: 'ok', ...more }],
})

describe('blocks of the provider', () => {
  const typesOf = (messages: Message[], model?: string): unknown[] =>
    sent(messages, model).map(({ content }) => content.map(({ type }) => type))

  test('go back to their maker alone', () => {
    const messages = [q, answer(block(use('s')), block(found('s')), said), q]
    expect(typesOf(messages)[1]).toEqual(['server_tool_use', 'web_search_tool_result', 'text'])
    expect(typesOf(messages, 'kimi-k2.5')[1]).toEqual(['text'])
  })

  test('that pause an answer stay as they are, and the answer is continued', () => {
    const paused = answer(said, thought, block(use('s')))
    expect(typesOf([q, paused])).toEqual([['text'], ['text', 'thinking', 'server_tool_use']])
    const continued = answer(block(found('s')), said)
    expect(typesOf([q, paused, continued, q])).toEqual([
      ['text'],
      ['text', 'thinking', 'server_tool_use', 'web_search_tool_result', 'text'],
      ['text'],
    ])
  })

  test('that never finished are left out where the user speaks next, and so is the thought before', () => {
    expect(typesOf([q, answer(said, thought, block(use('s'))), q])[1]).toEqual(['text'])
    expect(sent([q, answer(thought, block(use('s'))), q])).toHaveLength(1)
    expect(typesOf([q, answer(said, block(use('s'), { partial: true }))])[1]).toEqual(['text'])
    // A result whose tool is not there, because the history was cut
    expect(typesOf([q, answer(block(found('s')), said), q])[1]).toEqual(['text'])
  })

  test('that wait for the result of a call stay until the user speaks', () => {
    const caller = { type: 'code_execution_20260120', tool_id: 's' }
    const signature = `${origin}:${JSON.stringify({ caller })}`
    const first = answer(block(use('s', { name: 'code_execution' })), call('c', { signature }))
    const waiting = [q, first, result('c')]
    expect(typesOf(waiting)[1]).toEqual(['server_tool_use', 'tool_use'])
    expect(sent(waiting)[1]?.content[1]).toMatchObject({ caller })
    const second = answer(call('d', { signature }))
    expect(typesOf([...waiting, second, result('d')])).toEqual([
      ['text'],
      ['server_tool_use', 'tool_use'],
      ['tool_result'],
      ['tool_use'],
      ['tool_result'],
    ])
    // The code will not finish: the call stands alone.
    const over = sent([...waiting, q])
    expect(over[1]?.content).toEqual([{ type: 'tool_use', id: 'c', name: 'f', input: {} }])
    expect(typesOf([...waiting, answer(block(found('s', { caller })), said), q])[3]).toEqual([
      'web_search_tool_result',
      'text',
    ])
  })

  test('are not changed by what becomes of them', () => {
    const data = Object.freeze({ type: 'text', text: 'a ' })
    expect(sent([q, answer(block(data, { cache: true }))])[1]?.content).toEqual([
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
    ])
    expect(data).toEqual({ type: 'text', text: 'a ' })
  })

  test('of a summary go first, and the model still thinks after them', () => {
    const summary = { type: 'compaction', content: 'c' }
    const messages = [q, answer(block(summary), thought, call('c')), result('c')]
    const body = encode({ messages, reasoning: { budgetTokens: 2_000 } }, 'claude-opus-4-6')
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: 2_000 })
  })
})

test('a thought at the end goes, also if the message before ends in one', () => {
  expect(sent([q, answer(said, thought), answer(thought), q])[1]?.content).toEqual([
    { type: 'text', text: 'a' },
  ])
  expect(sent([q, answer(thought), answer(said), q])[1]?.content).toEqual([
    thinking,
    { type: 'text', text: 'a' },
  ])
})

test('a call of a set of tools names the set, and so does its result', () => {
  const signature = `${origin}:{"toolset_name":"computer"}`
  const [, calls, results] = sent([q, answer(call('c', { signature })), result('c')])
  expect([calls?.content[0], results?.content[0]]).toMatchObject([
    { type: 'tool_use', toolset_name: 'computer' },
    { type: 'tool_result', toolset_name: 'computer' },
  ])
})

describe('citations', () => {
  const location = {
    type: 'char_location',
    cited_text: 'x',
    document_index: 0,
    document_title: null,
    start_char_index: 0,
    end_char_index: 1,
  }
  const source = (raw: unknown): OutputPart => ({ type: 'source', raw })

  test('go back on the text before them, without what only answers have', () => {
    const messages = [
      q,
      answer(said, source({ ...location, file_id: 'f' }), source(location), said, source(location)),
      q,
    ]
    expect(sent(messages)[1]?.content).toEqual([
      { type: 'text', text: 'a', citations: [location, location] },
      { type: 'text', text: 'a', citations: [location] },
    ])
    expect(sent(messages, 'kimi-k2.5')[1]?.content[0]).not.toHaveProperty('citations')
  })

  test('of other providers, or without all of their fields, stay here', () => {
    for (const raw of [
      undefined,
      'x',
      { type: 'url_citation', url: 'https://a.test/' },
      { type: 'web_search_result', url: 'https://a.test/' },
      { type: 'constructor' },
      { ...location, document_title: undefined },
      { ...location, start_char_index: '0' },
    ]) {
      const [, sentAnswer] = sent([q, answer(said, source(raw), said), q])
      expect(JSON.stringify(sentAnswer)).not.toContain('citations')
    }
    // Nothing to stand on
    expect(sent([q, answer(call('c'), source(location)), result('c')])[1]?.content).toHaveLength(1)
  })
})

describe('the result of a tool', () => {
  test('has its output as text, then images and documents', () => {
    const pdf: InputPart = { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' }
    const content = [text('screenshot', own({ x: 1 })), image, pdf, text(' ')]
    const [, , turn] = sent([q, answer(call('c')), result('c', { output: { a: 1 }, content })])
    expect(turn?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'c',
        content: [
          { type: 'text', text: '{"a":1}' },
          { type: 'text', text: 'screenshot', x: 1 },
          imageBlock,
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          },
        ],
      },
    ])
  })

  test('has no text for an output that is not there, and text alone without content', () => {
    const contentOf = (more: Json): unknown =>
      sent([q, answer(call('c')), result('c', more)])[2]?.content[0]?.content
    expect(contentOf({ output: undefined, content: [image] })).toEqual([imageBlock])
    expect(contentOf({ output: '', content: [image] })).toEqual([imageBlock])
    expect(contentOf({ output: 'ok', content: [] })).toBe('ok')
    expect(contentOf({ output: undefined, content: [] })).toBe('(empty)')
  })

  test('that failed holds text only, and its images follow all results', () => {
    const messages = [
      q,
      answer(call('c'), call('d')),
      result('c', { isError: true, content: [image, text('t')] }),
      result('d'),
    ]
    expect(sent(messages)[2]?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'c',
        is_error: true,
        content: [
          { type: 'text', text: 'ok' },
          { type: 'text', text: 't' },
        ],
      },
      { type: 'tool_result', tool_use_id: 'd', content: 'ok' },
      imageBlock,
    ])
  })
})

test('a file that the provider keeps goes as its id, and one of OpenAI does not', () => {
  const file = (data: string): Message =>
    user(
      { type: 'image', data },
      { type: 'file', data, mediaType: 'text/plain', filename: 'n.txt' },
    )
  const source = { type: 'file', file_id: 'file_011' }
  expect(sent([file('file_011')])[0]?.content).toEqual([
    { type: 'image', source },
    { type: 'document', source, title: 'n.txt' },
  ])
  expect(() => sent([file('file-abc')])).toThrow(
    expect.objectContaining({ code: 'invalid-request', message: expect.stringContaining('file_') }),
  )
  expect(sent([file('file-abc')], 'deployment')[0]?.content).toHaveLength(2)
})

test('a file of text goes as text whatever its type, and one that is no document is refused', () => {
  const file = (mediaType: string, data = btoa('{"a":1}')): InputPart => ({
    type: 'file',
    data,
    mediaType,
  })
  const types = ['text/csv', 'application/json', 'application/ld+json', 'application/yaml']
  for (const mediaType of types) {
    const source = { type: 'text', media_type: 'text/plain', data: '{"a":1}' }
    expect(sent([user(file(mediaType))])[0]?.content).toEqual([{ type: 'document', source }])
  }
  // What is no base64, and types that only other providers take
  const refused = [['text/plain', '?'], ['audio/wav'], ['image/heic']] as const
  for (const [mediaType, data] of refused) {
    expect(() => sent([user(file(mediaType, data))])).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        message: expect.stringContaining(mediaType),
      }),
    )
  }
})

test('an image and a PDF go under the name of their type that the API knows', () => {
  const names = [
    ['image/jpg', 'image/jpeg'],
    ['IMAGE/PNG', 'image/png'],
    ['application/pdf; version=1.7', 'application/pdf'],
  ] as const
  for (const [mediaType, media_type] of names) {
    const [turn] = sent([user({ type: 'image', data: 'AAAA', mediaType })])
    const type = media_type === 'application/pdf' ? 'document' : 'image'
    const source = { type: 'base64', media_type, data: 'AAAA' }
    expect(turn?.content).toEqual([{ type, source }])
  }
  const drawing: InputPart = { type: 'image', data: btoa('<svg/>'), mediaType: 'image/svg+xml' }
  const source = { type: 'text', media_type: 'text/plain', data: '<svg/>' }
  expect(sent([user(drawing)])[0]?.content).toEqual([{ type: 'document', source }])
})

describe('options', () => {
  test('land on the block, the message, the tool and the call', () => {
    const document: InputPart = {
      type: 'file',
      data: 'JVBERi0=',
      mediaType: 'application/pdf',
      filename: 'a.pdf',
      ...own({ citations: { enabled: true }, context: 'c', title: 't' }),
    }
    const body = encode({
      messages: [
        {
          ...user(text('q', { providerOptions: { openai: { x: 1 } } }), document),
          ...own({ m: 1 }),
        },
        answer(call('c', own({ caller: { type: 'direct' } }))),
        { ...result('c', own({ r: 1 })), ...own({ m: 2 }) },
      ],
      tools: {
        f: {
          parameters,
          ...own({ strict: true, eager_input_streaming: true, defer_loading: true }),
        },
      },
    })
    expect(body.messages).toMatchObject([
      {
        m: 1,
        content: [
          { type: 'text', text: 'q' },
          { type: 'document', citations: { enabled: true }, context: 'c', title: 't' },
        ],
      },
      { content: [{ type: 'tool_use', caller: { type: 'direct' } }] },
      { m: 2, content: [{ type: 'tool_result', r: 1 }] },
    ])
    expect(JSON.stringify(body.messages)).not.toContain('"x"')
    expect(body.tools).toMatchObject([
      { name: 'f', strict: true, eager_input_streaming: true, defer_loading: true },
    ])
  })

  test('of a driver and a request join their tools to the functions', () => {
    const search = { type: 'web_search_20260318', name: 'web_search' }
    const code = { type: 'code_execution_20260521', name: 'code_execution' }
    const names = ({ tools }: Json): unknown[] => (tools as Json[]).map(({ name }) => name)
    const request: StreamRequest = {
      prompt: 'q',
      tools: { f: { parameters } },
      providerOptions: { anthropic: { tools: [code] } },
    }
    expect(names(encode(request, 'm', { tools: [search] }))).toEqual([
      'f',
      'web_search',
      'code_execution',
    ])
  })

  test('with tools of the server keep them enabled after calls of former tools', () => {
    const search = { type: 'web_search_20260318', name: 'web_search' }
    const request: StreamRequest = {
      messages: [q, answer(call('c')), result('c')],
      providerOptions: { anthropic: { tools: [search] } },
    }
    const body = encode(request)
    expect([body.tools, body.tool_choice]).toEqual([[search], undefined])
    expect(encode({ ...request, toolChoice: 'auto' }).tool_choice).toEqual({ type: 'auto' })
    expect(encode({ messages: request.messages as Message[] }).tool_choice).toEqual({
      type: 'none',
    })
  })
})

describe('instructions', () => {
  test('are one text, and blocks where one has options or a mark', () => {
    const messages: Message[] = [{ role: 'system', content: 'b' }, q]
    const parts = (more: ForProviders) => [
      { type: 'text' as const, text: 'a', ...more },
      { type: 'text' as const, text: ' ' },
    ]
    expect(encode({ system: parts({}), messages }).system).toBe('a\n\nb')
    expect(
      encode({ system: parts({ providerOptions: { openai: { x: 1 } } }), messages }).system,
    ).toBe('a\n\nb')
    expect(encode({ system: parts({ cache: true }), messages }).system).toEqual([
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'b' },
    ])
    expect(encode({ system: parts(own({ x: 1 })), messages }).system).toMatchObject([
      { x: 1 },
      { text: 'b' },
    ])
  })

  test('take the mark of a system message on its last text', () => {
    const content = [text('a'), text('b')]
    expect(encode({ messages: [{ role: 'system', content, cache: '1h' }, q] }).system).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ])
  })
})

describe('a cache mark', () => {
  const mark = { type: 'ephemeral' }
  const hour = { type: 'ephemeral', ttl: '1h' }
  /** The breakpoints in the order of the wire, by what they stand on. */
  function breakpoints(body: Json): unknown[] {
    const points: unknown[] = []
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) for (const item of value) visit(item)
      else if (typeof value === 'object' && value !== null) {
        const { cache_control, ...rest } = value as Json
        visit(Object.values(rest))
        if (cache_control !== undefined) {
          points.push([rest.name ?? rest.text ?? rest.type ?? 'request', cache_control])
        }
      }
    }
    visit([body.tools, body.system, body.messages])
    if (body.cache_control !== undefined) points.push(['request', body.cache_control])
    return points
  }

  test('is a breakpoint on a tool, a text, a result, and what is inside a result', () => {
    const body = encode({
      tools: { f: { parameters, cache: true } },
      messages: [
        q,
        answer(call('c', { cache: true })),
        result('c', { cache: true, content: [{ ...image, cache: true }] }),
      ],
    })
    expect(breakpoints(body)).toEqual([
      ['f', mark],
      ['f', mark],
      ['image', mark],
      ['tool_result', mark],
    ])
  })

  test('of a message stands on its last block that can have one', () => {
    const messages: Message[] = [
      { ...user(text('a'), image), cache: true },
      { ...answer(said, block({ type: 'fallback' })), cache: '1h' },
      q,
    ]
    expect(breakpoints(encode({ messages }))).toEqual([
      ['image', hour],
      ['a', hour],
    ])
  })

  test('counts if it is one of the last four, and those of the caller count first', () => {
    const parts = ['a', 'b', 'c', 'd', 'e', 'f'].map((each) => text(each, { cache: true }))
    const names = (body: Json): unknown[] => breakpoints(body).map((each) => (each as [unknown])[0])
    expect(names(encode({ messages: [user(...parts)] }))).toEqual(['c', 'd', 'e', 'f'])
    const given = text('x', own({ cache_control: mark }))
    expect(names(encode({ messages: [user(given, ...parts)] }))).toEqual(['x', 'd', 'e', 'f'])
    const search = Object.freeze({ name: 's', cache_control: hour })
    const request: StreamRequest = {
      messages: [user(...parts, text('g'))],
      cache: true,
      providerOptions: { anthropic: { tools: [search] } },
    }
    expect(names(encode(request))).toEqual(['s', 'e', 'f', 'request'])
  })

  test('of the request is automatic, unless the last block is marked', () => {
    expect(encode({ prompt: 'q', cache: true }).cache_control).toEqual(mark)
    expect(encode({ prompt: 'q', cache: '1h' }).cache_control).toEqual(hour)
    const marked: Message[] = [user(text('q', { cache: true }))]
    expect(breakpoints(encode({ messages: marked, cache: '1h' }))).toEqual([['q', hour]])
    const off = { anthropic: { cache_control: null } }
    expect(encode({ prompt: 'q', cache: true, providerOptions: off }).cache_control).toBeNull()
  })

  test('before one of an hour is one of an hour', () => {
    const messages = [
      user(text('a', { cache: true }), text('b', { cache: '1h' })),
      answer(said),
      user(text('c', { cache: true })),
    ]
    expect(breakpoints(encode({ messages }))).toEqual([
      ['a', hour],
      ['b', hour],
      ['c', mark],
    ])
    expect(
      breakpoints(
        encode({ messages: [user(text('a', { cache: true })), answer(said), q], cache: '1h' }),
      ),
    ).toEqual([
      ['a', hour],
      ['request', hour],
    ])
  })

  test('does nothing on reasoning, blank text, blocks that refuse it, and tools that are loaded later', () => {
    const body = encode({
      tools: { f: { parameters, cache: true, ...own({ defer_loading: true }) } },
      messages: [
        user(text('q'), text(' ', { cache: true })),
        answer(
          { ...thought, cache: true },
          block({ type: 'mcp_tool_listing' }, { cache: true }),
          said,
        ),
        q,
      ],
    })
    expect(breakpoints(body)).toEqual([])
  })
})

describe('no reasoning', () => {
  const none = (model: string): unknown[] => {
    const body = encode({ prompt: 'q', reasoning: { effort: 'none' } }, model)
    return [body.thinking, (body.output_config as Json | undefined)?.effort]
  }
  test.for([
    ['claude-sonnet-4-5', undefined, undefined],
    ['claude-opus-4-8', undefined, undefined],
    ['claude-opus-5', 'disabled', undefined],
    ['anthropic.claude-sonnet-5-v1:0', 'disabled', undefined],
    ['claude-haiku-5-5', 'disabled', undefined],
    ['claude-sonnet-5-5', 'between_tools', undefined],
    ['claude-opus-5-5', undefined, 'low'],
    ['claude-fable-5', undefined, 'low'],
    ['claude-mythos-5-2', undefined, 'low'],
    ['claude-mythos-preview', undefined, 'low'],
    // A model that is not listed gets what the caller says.
    ['glm-5', 'disabled', undefined],
  ] as const)('is requested from %s in its own way', ([model, type, effort]) => {
    expect(none(model)).toEqual([type && { type }, effort])
  })

  test('goes with a forced call, for models that think unasked', () => {
    const forced = (model: string): unknown =>
      encode({ prompt: 'q', tools: { f: { parameters } }, toolChoice: 'required' }, model).thinking
    expect(['claude-opus-5', 'claude-opus-4-8', 'm'].map(forced)).toEqual([
      { type: 'disabled' },
      undefined,
      undefined,
    ])
  })
})
