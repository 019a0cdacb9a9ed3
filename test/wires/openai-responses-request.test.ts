import { describe, expect, test } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { ContentEvent } from '../../src/base/events.js'
import type { Message, OutputPart } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'
import { ResponsesDecoder } from '../../src/wires/openai-responses/response.js'
import { checkHistories, encrypted } from '../support/histories/basic.js'

interface Item {
  type: string
  role?: string
  content?: string | { type: string; text?: string }[]
  call_id?: string
  name?: string
  arguments?: string
  output?: string
  id?: string
  summary?: unknown[]
  encrypted_content?: string
}

const encode = (
  request: StreamRequest,
  model = 'gpt-5',
): Record<string, unknown> & { input: Item[] } => encodeResponsesRequest(request, model) as never

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (...content: OutputPart[]): Message => ({ role: 'assistant', content })
const call = (id: string, input: unknown = { x: 1 }): OutputPart => ({
  type: 'tool-call',
  id,
  name: 'f',
  input,
})
const result = (id: string, output: unknown = 'ok', isError = false): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', id, name: 'f', output, isError }],
})

describe('a request', () => {
  test('streams, and leaves nothing on the server', () => {
    expect(encode({ prompt: 'hi' }, 'any')).toEqual({
      model: 'any',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      stream: true,
      store: false,
    })
  })

  test('has its settings by the names of this wire, without those that it does not know', () => {
    const {
      model: _model,
      input: _input,
      ...settings
    } = encode(
      {
        prompt: 'hi',
        maxOutputTokens: 7,
        temperature: 0,
        topP: 0.5,
        stopSequences: ['x'],
        seed: 1,
      },
      'any',
    )
    expect(settings).toEqual({
      stream: true,
      store: false,
      max_output_tokens: 7,
      temperature: 0,
      top_p: 0.5,
    })
  })

  test('has all system texts as instructions', () => {
    const messages: Message[] = [user('hi'), { role: 'system', content: 'b' }]
    const body = encode({ system: 'a', messages })
    expect(body.instructions).toBe('a\n\nb')
    expect(body.input).toHaveLength(1)
    expect(encode({ system: ' ', prompt: 'hi' })).not.toHaveProperty('instructions')
  })

  test('asks for the encrypted form of the reasoning where there is reasoning', () => {
    const include = ['reasoning.encrypted_content']
    const reasoning = { effort: 'low', budgetTokens: 5 } as const
    for (const model of ['any', 'gpt-5']) {
      const body = encode({ prompt: 'hi', reasoning }, model)
      expect(body).toMatchObject({ reasoning: { effort: 'low', summary: 'auto' }, include })
    }
    expect(encode({ prompt: 'hi' }, 'gpt-5')).toMatchObject({ include })
    expect(encode({ prompt: 'hi' }, 'any')).not.toHaveProperty('include')
    const plain = encode({ prompt: 'hi', reasoning }, 'gpt-4.1')
    expect(plain).not.toHaveProperty('include')
    expect(plain).not.toHaveProperty('reasoning')
  })

  test('has tools that are not strict, since their schemas are anyone’s', () => {
    const parameters = { type: 'object', properties: {} }
    const tools = { f: { description: 'd', parameters }, g: { parameters } }
    const body = encode({ prompt: 'hi', tools, toolChoice: { name: 'f' } })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters, strict: false },
      { type: 'function', name: 'g', parameters, strict: false },
    ])
    expect(body.tool_choice).toEqual({ type: 'function', name: 'f' })
    expect(encode({ prompt: 'hi', tools, toolChoice: 'required' }).tool_choice).toBe('required')
    for (const none of [{}, undefined]) {
      const bare = encode({ prompt: 'hi', toolChoice: 'auto', ...(none && { tools: none }) })
      expect(bare).not.toHaveProperty('tools')
      expect(bare).not.toHaveProperty('tool_choice')
    }
  })

  test('has the provider’s own options last', () => {
    const openai = { store: true, temperature: 1, truncation: 'auto' }
    const body = encode({ prompt: 'hi', temperature: 0, providerOptions: { openai } })
    expect(body).toMatchObject(openai)
  })

  test('that holds nothing is an error of ours, unless the server holds what to answer', () => {
    for (const request of [{ prompt: ' ' }, { messages: [] }, { messages: [result('orphan')] }]) {
      expect(() => encode(request)).toThrow(
        expect.objectContaining({
          code: 'invalid-request',
          message: expect.stringContaining('Give'),
        }),
      )
      const providerOptions = { openai: { previous_response_id: 'r' } }
      expect(encode({ ...request, providerOptions }).input).toEqual([])
    }
  })
})

describe('a user’s message', () => {
  const parts = (
    ...content: Exclude<Message, { role: 'assistant' | 'tool' }>['content'][number][]
  ) => encode({ messages: [{ role: 'user', content: content as never }] }).input[0]?.content

  test('has images by their address and by their bytes', () => {
    expect(
      parts(
        { type: 'image', data: new URL('https://a.test/x.png') },
        { type: 'image', data: new Uint8Array([255, 216, 255]) },
        { type: 'file', data: 'AAAA', mediaType: 'image/gif' },
      ),
    ).toEqual([
      { type: 'input_image', image_url: 'https://a.test/x.png', detail: 'auto' },
      { type: 'input_image', image_url: 'data:image/jpeg;base64,/9j/', detail: 'auto' },
      { type: 'input_image', image_url: 'data:image/gif;base64,AAAA', detail: 'auto' },
    ])
  })

  test('has files by their address and by their bytes, and text as text', () => {
    expect(
      parts(
        { type: 'file', data: 'https://a.test/x.pdf', mediaType: 'application/pdf' },
        { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' },
        { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf', filename: 'x.pdf' },
        { type: 'file', data: 'aGk=', mediaType: 'text/plain' },
      ),
    ).toEqual([
      { type: 'input_file', file_url: 'https://a.test/x.pdf' },
      {
        type: 'input_file',
        filename: 'file.pdf',
        file_data: 'data:application/pdf;base64,JVBERi0=',
      },
      { type: 'input_file', filename: 'x.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
      { type: 'input_text', text: 'hi' },
    ])
  })
})

describe('a history', () => {
  test('has calls and results as items, each result after its call', () => {
    const messages = [
      user('q'),
      assistant({ type: 'text', text: 'a' }, call('c1'), call('c2', '{"x')),
      result('c2', { y: 1 }),
      result('c1', 'no', true),
      assistant({ type: 'source', url: 'https://a.test/' }, { type: 'text', text: 'b' }),
    ]
    const output = (value: string): object => ({
      type: 'message',
      role: 'assistant',
      content: value,
    })
    expect(encode({ messages }).input.slice(1)).toEqual([
      output('a'),
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"x":1}' },
      { type: 'function_call', call_id: 'c2', name: 'f', arguments: '{"input":"{\\"x"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'Error: no' },
      { type: 'function_call_output', call_id: 'c2', output: '{"y":1}' },
      output('b'),
    ])
  })

  test('has the call of a custom tool, and its result, as items of their own', () => {
    const custom: OutputPart = { type: 'tool-call', id: 'c', name: 'f', input: 'SQL', custom: true }
    expect(encode({ messages: [assistant(custom), result('c', 'ok')] }).input).toEqual([
      { type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'SQL' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' },
    ])
  })

  const reasoning = (text: string, signed?: string): OutputPart => ({
    type: 'reasoning',
    text,
    ...(signed === undefined ? {} : { signature: signed }),
  })
  const answer: OutputPart = { type: 'text', text: 'a' }

  test('has reasoning back with its encrypted content, its parts as one item', () => {
    const parts = [reasoning('a'), reasoning('b', encrypted('r')), answer]
    expect(encode({ messages: [assistant(...parts)] }).input[0]).toEqual({
      type: 'reasoning',
      id: 'r',
      summary: [
        { type: 'summary_text', text: 'a' },
        { type: 'summary_text', text: 'b' },
      ],
      encrypted_content: 'xyz',
    })
  })

  test('has no reasoning that was made on another wire, or without its encrypted content', () => {
    for (const signed of [undefined, '', 'EqQBCkYIARgC', '{', '{}', '[]', 'null', '{"id":"r"}']) {
      const { input } = encode({ messages: [assistant(reasoning('a', signed), answer)] })
      expect(input.map(({ type }) => type)).toEqual(['message'])
    }
  })

  test('has no reasoning that nothing follows, that is there already, or that the model refuses', () => {
    const kinds = (messages: Message[], model?: string): string[] =>
      encode({ messages }, model).input.map(({ type }) => type)
    const signed = reasoning('a', encrypted('r'))
    expect(kinds([user('q'), assistant(signed, call('unanswered'))])).toEqual(['message'])
    expect(kinds([assistant(signed, answer), assistant(signed, answer)])).toEqual([
      'reasoning',
      'message',
      'message',
    ])
    for (const model of [
      'gpt-4o',
      'openai/gpt-4.1-mini',
      'ft:gpt-4o-mini:x',
      'chatgpt-4o-latest',
    ]) {
      expect(kinds([assistant(signed, answer)], model)).toEqual(['message'])
    }
  })

  test('is what the decoder read, sent back', () => {
    const items = [
      {
        type: 'reasoning',
        id: 'r1',
        summary: [{ type: 'summary_text', text: 'a' }],
        encrypted_content: 'xyz',
      },
      { type: 'reasoning', id: 'r2', summary: [], encrypted_content: 'uvw' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"x":1}' },
    ]
    const decoder = new ResponsesDecoder('p')
    const out: ContentEvent[] = []
    for (const [output_index, item] of items.entries()) {
      decoder.decode(
        JSON.stringify({ type: 'response.output_item.done', output_index, item }),
        undefined,
        out,
      )
    }
    const accumulator = new Accumulator()
    for (const event of out) accumulator.add(event)
    // As it comes out of a store
    const message = JSON.parse(JSON.stringify(accumulator.message())) as Message
    expect(encode({ messages: [user('q'), message, result('c')] }).input.slice(1, -1)).toEqual(
      items,
    )
  })
})

// ---------------------------------------------------------------- random histories

describe('whatever the history', () => {
  const always = (name: string, check: (input: Item[]) => void): void => {
    test(name, () => {
      checkHistories((messages) => encode({ messages }).input, check)
    })
  }

  always('no message is empty, and each has parts of its role', (input) => {
    expect(input.length).toBeGreaterThan(0)
    for (const { type, role, content } of input) {
      if (type !== 'message') continue
      expect(content?.length).toBeGreaterThan(0)
      expect(typeof content === 'string').toBe(role === 'assistant')
      if (typeof content === 'string') {
        expect(content.trim()).not.toBe('')
        continue
      }
      for (const part of content ?? []) {
        expect(part.type).toMatch(/^input_/)
        if (part.type.endsWith('_text')) expect(part.text?.trim()).not.toBe('')
      }
    }
  })

  always('every call is answered at once, and every result has its call before it', (input) => {
    let open: (string | undefined)[] = []
    let answering = false
    for (const { type, call_id, output } of input) {
      if (type.endsWith('_output')) {
        answering = true
        expect(open).toContain(call_id)
        open = open.filter((id) => id !== call_id)
        expect(output?.trim()).not.toBe('')
        continue
      }
      // Another call, or text beside the calls, may only stand before the first answer.
      if (answering) expect(open).toEqual([])
      answering = false
      if (type.endsWith('_call')) open.push(call_id)
    }
    expect(open).toEqual([])
  })

  always('calls have a name, an id of their own, and a JSON object as arguments', (input) => {
    const seen = new Set<string | undefined>()
    for (const { call_id, name, arguments: text } of input.filter(
      ({ type }) => type === 'function_call',
    )) {
      expect(name).not.toBe('')
      expect(call_id).toMatch(/^[^]{1,64}$/)
      expect(seen).not.toContain(call_id)
      seen.add(call_id)
      expect(text).toMatch(/^\{/)
      expect(JSON.parse(text ?? '')).toBeTypeOf('object')
    }
  })

  always('reasoning is encrypted, there once, and followed by what it led to', (input) => {
    const seen = new Set<string | undefined>()
    for (const [position, { type, id, encrypted_content, summary }] of input.entries()) {
      if (type !== 'reasoning') continue
      expect(encrypted_content).toBe('xyz')
      expect(summary).toBeInstanceOf(Array)
      expect(seen).not.toContain(id)
      seen.add(id)
      const next = input[position + 1]
      expect(next?.role ?? next?.type).toMatch(
        /^(reasoning|function_call|custom_tool_call|assistant)$/,
      )
    }
  })
})
