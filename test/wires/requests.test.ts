import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { checkHistories } from '../support/histories/basic.js'

interface Sent {
  role: string
  content: unknown
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}

interface Block {
  type: string
  text?: string
  id?: string
  tool_use_id?: string
  input?: unknown
}

const chat = (request: StreamRequest): Record<string, unknown> & { messages: Sent[] } =>
  encodeChatRequest(request, 'm') as never
const anthropic = (
  request: StreamRequest,
): Record<string, unknown> & { messages: { role: string; content: Block[] }[] } =>
  encodeMessagesRequest(request, 'm') as never

// ---------------------------------------------------------------- random histories

describe('whatever the history, on the chat wire', () => {
  const always = (name: string, check: (messages: Sent[]) => void): void => {
    test(name, () => {
      checkHistories((messages) => chat({ messages }).messages, check)
    })
  }

  always('no message is empty', (messages) => {
    expect(messages.length).toBeGreaterThan(0)
    for (const { content, tool_calls } of messages) {
      if (content === null) expect(tool_calls?.length).toBeGreaterThan(0)
      else if (typeof content === 'string') expect(content.trim()).not.toBe('')
      else expect((content as unknown[]).length).toBeGreaterThan(0)
      if (tool_calls !== undefined) expect(tool_calls.length).toBeGreaterThan(0)
    }
  })

  always('every call is answered at once, and every result has its call before it', (messages) => {
    let open: string[] = []
    for (const { role, tool_calls, tool_call_id } of messages) {
      if (role === 'tool') {
        expect(open).toContain(tool_call_id)
        open = open.filter((id) => id !== tool_call_id)
        continue
      }
      expect(open).toEqual([])
      open = (tool_calls ?? []).map(({ id }) => id)
    }
    expect(open).toEqual([])
  })

  always('calls have a name, an id of their own, and a JSON object as arguments', (messages) => {
    const seen = new Set<string>()
    for (const call of messages.flatMap(({ tool_calls }) => tool_calls ?? [])) {
      expect(call.function.name).not.toBe('')
      expect(call.id.length).toBeGreaterThan(0)
      expect(call.id.length).toBeLessThanOrEqual(40)
      expect(seen).not.toContain(call.id)
      seen.add(call.id)
      expect(JSON.parse(call.function.arguments)).toBeTypeOf('object')
      expect(call.function.arguments).toMatch(/^\{/)
    }
  })
})

describe('whatever the history, on the messages wire', () => {
  const always = (
    name: string,
    check: (messages: { role: string; content: Block[] }[]) => void,
  ): void => {
    test(name, () => {
      checkHistories((messages) => anthropic({ messages }).messages, check)
    })
  }

  always('turns alternate and begin with the user', (messages) => {
    for (const [position, { role }] of messages.entries()) {
      expect(role).toBe(position % 2 === 0 ? 'user' : 'assistant')
    }
  })

  always('nothing is empty, and no turn ends in thinking or trailing space', (messages) => {
    expect(messages.length).toBeGreaterThan(0)
    for (const { role, content } of messages) {
      expect(content.length).toBeGreaterThan(0)
      for (const block of content) {
        if (block.type === 'text') expect(block.text?.trim()).not.toBe('')
      }
      if (role === 'assistant') expect(content.at(-1)?.type).not.toMatch(/thinking/)
    }
    const last = messages.at(-1)
    const text = last?.content.at(-1)?.text
    if (last?.role === 'assistant' && text !== undefined) expect(text).toBe(text.trimEnd())
  })

  always('thinking has a signature that was not made for another wire', (messages) => {
    for (const block of messages.flatMap(({ content }) => content)) {
      const { type, signature, data } = block as { type: string; signature?: string; data?: string }
      if (type === 'thinking') expect(signature).toMatch(/^(c2ln|other)$/)
      if (type === 'redacted_thinking') expect(data).toMatch(/^(c2ln|other)$/)
    }
  })

  always('every call is answered first thing in the next turn', (messages) => {
    const seen = new Set<string>()
    for (const [position, { role, content }] of messages.entries()) {
      const calls = content.flatMap(({ type, id }) => (type === 'tool_use' ? [id ?? ''] : []))
      for (const id of calls) {
        expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
        expect(seen).not.toContain(id)
        seen.add(id)
      }
      const results = content.map(({ tool_use_id }) => tool_use_id)
      const before = position === 0 ? [] : callsOf(messages[position - 1]?.content ?? [])
      if (role === 'user') {
        expect(new Set(results.slice(0, before.length))).toEqual(new Set(before))
        for (const rest of results.slice(before.length)) expect(rest).toBeUndefined()
      } else if (calls.length > 0) {
        expect(messages[position + 1]?.role).toBe('user')
      }
    }
  })

  always('the arguments of calls are objects', (messages) => {
    for (const block of messages.flatMap(({ content }) => content)) {
      if (block.type !== 'tool_use') continue
      expect(block.input).toBeTypeOf('object')
      expect(block.input).not.toBeNull()
      expect(Array.isArray(block.input)).toBe(false)
    }
  })
})

function callsOf(content: readonly Block[]): string[] {
  return content.flatMap(({ type, id }) => (type === 'tool_use' ? [id ?? ''] : []))
}

// ---------------------------------------------------------------- single rules

const call = (id: string): Message => ({
  role: 'assistant',
  content: [{ type: 'tool-call', id, name: 'f', input: { x: 1 } }],
})
const result = (id: string, output: unknown = 'ok', isError = false): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', id, name: 'f', output, isError }],
})
const user = (content: string): Message => ({ role: 'user', content })
const tools = { f: { description: 'd', parameters: { type: 'object', properties: {} } } }

describe('on both wires', () => {
  test('a request that holds nothing is an error of ours, with the remedy', () => {
    for (const encode of [chat, anthropic]) {
      for (const request of [{ prompt: '' }, { messages: [] }, { messages: [result('orphan')] }]) {
        expect(() => encode(request)).toThrow(
          expect.objectContaining({
            code: 'invalid-request',
            message: expect.stringContaining('Give'),
          }),
        )
      }
    }
  })

  test('what providerOptions say comes last', () => {
    const own = { temperature: 0, new: 1 }
    const providerOptions = { openai: own, anthropic: own }
    for (const encode of [chat, anthropic]) {
      const body = encode({ prompt: 'p', temperature: 1, providerOptions })
      expect(body).toMatchObject({ temperature: 0, new: 1, stream: true, model: 'm' })
    }
  })

  test('options that were not given are not sent', () => {
    expect(
      Object.keys(chat({ prompt: 'p', tools: {}, toolChoice: 'auto', stopSequences: [] })),
    ).toEqual(['model', 'messages', 'stream', 'stream_options'])
    expect(
      Object.keys(anthropic({ prompt: 'p', tools: {}, toolChoice: 'auto', stopSequences: [] })),
    ).toEqual(['model', 'max_tokens', 'messages', 'stream'])
  })
})

describe('on the chat wire', () => {
  test('everything that a request can say is sent', () => {
    const body = encodeChatRequest(
      {
        system: 's',
        messages: [{ role: 'system', content: 't' }, user('u')],
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.9,
        stopSequences: ['x'],
        seed: 3,
        tools,
        toolChoice: { name: 'f' },
        reasoning: { effort: 'low' },
      },
      'm',
      { maxTokensField: 'max_tokens' },
    )
    expect(body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 's\n\nt' },
        { role: 'user', content: 'u' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['x'],
      seed: 3,
      reasoning_effort: 'low',
      tools: [{ type: 'function', function: { name: 'f', ...tools.f } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
    })
    expect(chat({ prompt: 'p', maxOutputTokens: 9 })).toHaveProperty('max_completion_tokens', 9)
  })

  test('an image comes as a URL, wherever its data is', () => {
    const url = (data: string | Uint8Array | URL): unknown => {
      const [sent] = chat({
        messages: [{ role: 'user', content: [{ type: 'image', data }] }],
      }).messages
      return (sent?.content as { image_url: { url: string } }[] | undefined)?.[0]?.image_url.url
    }
    expect(url('https://a.test/x.png')).toBe('https://a.test/x.png')
    expect(url(new URL('https://a.test/y.png'))).toBe('https://a.test/y.png')
    expect(url('data:image/gif;base64,R0lG')).toBe('data:image/gif;base64,R0lG')
    expect(url('/9j/4AAQ')).toBe('data:image/jpeg;base64,/9j/4AAQ')
    expect(url(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toBe('data:image/png;base64,iVBORw==')
    expect(url('data:image/svg+xml,%3Csvg/%3E')).toBe(`data:image/svg+xml;base64,${btoa('<svg/>')}`)
  })

  test('a file comes as the part that the wire has for it', () => {
    const part = (mediaType: string, data: string): unknown =>
      (
        chat({ messages: [{ role: 'user', content: [{ type: 'file', data, mediaType }] }] })
          .messages[0]?.content as unknown[] | undefined
      )?.[0]
    expect(part('application/pdf', 'JVBERi0=')).toEqual({
      type: 'file',
      file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'file.pdf' },
    })
    expect(part('audio/mpeg', 'AAAA')).toEqual({
      type: 'input_audio',
      input_audio: { data: 'AAAA', format: 'mp3' },
    })
    expect(part('text/plain', btoa('hi'))).toEqual({ type: 'text', text: 'hi' })
    expect(part('application/pdf', 'https://a.test/a.pdf')).toMatchObject({
      type: 'text',
      text: expect.stringContaining('https://a.test/a.pdf'),
    })
  })

  test('calls and results are sent in pairs, and reasoning is not', () => {
    const { messages } = chat({
      messages: [
        user('u'),
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'r', signature: 's' },
            { type: 'text', text: 'a' },
            { type: 'tool-call', id: 'c', name: 'f', input: { x: 1 } },
            { type: 'tool-call', id: 'd', name: 'f', input: {} },
          ],
        },
        user('between'),
        result('c', { y: 2 }),
        result('c', 'again'),
      ],
    })
    expect(messages).toEqual([
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: 'a',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '{"y":2}' },
      { role: 'user', content: 'between' },
    ])
  })

  test('ids that begin anew in each turn stay apart', () => {
    const { messages } = chat({
      messages: [user('u'), call('0'), result('0', 'a'), call('0'), result('0', 'b', true)],
    })
    expect(messages.slice(1).map((sent) => sent.tool_calls?.[0]?.id ?? sent.tool_call_id)).toEqual([
      '0',
      '0',
      '0_2',
      '0_2',
    ])
    expect(messages.at(-1)?.content).toBe('Error: b')
  })
})

describe('on the messages wire', () => {
  test('everything that a request can say is sent', () => {
    expect(
      anthropic({
        system: 's',
        messages: [{ role: 'system', content: 't' }, user('u')],
        temperature: 0.5,
        topP: 0.9,
        stopSequences: ['x', ' '],
        tools,
        toolChoice: 'required',
      }),
    ).toEqual({
      model: 'm',
      max_tokens: 8192,
      system: 's\n\nt',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'u' }] }],
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ['x'],
      tools: [{ name: 'f', description: 'd', input_schema: tools.f.parameters }],
      tool_choice: { type: 'any' },
    })
  })

  test('thinking has its budget beside the answer, and what excludes it is left out', () => {
    const body = anthropic({
      prompt: 'p',
      maxOutputTokens: 100,
      temperature: 0,
      reasoning: { budgetTokens: 2_000 },
    })
    expect(body).toMatchObject({
      max_tokens: 2_100,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    })
    expect(body).not.toHaveProperty('temperature')
    expect(anthropic({ prompt: 'p', reasoning: { budgetTokens: 1 } })).toMatchObject({
      thinking: { budget_tokens: 1_024 },
    })
    const forced = {
      prompt: 'p',
      tools,
      toolChoice: 'required',
      reasoning: { effort: 'high' },
    } as const
    expect(anthropic(forced)).not.toHaveProperty('thinking')
  })

  test('signed thinking goes back, unsigned does not', () => {
    const { messages } = anthropic({
      messages: [
        user('u'),
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'a', signature: 's' },
            { type: 'reasoning', text: '', signature: 'd', redacted: true },
            { type: 'reasoning', text: 'b' },
            { type: 'text', text: 'c' },
          ],
        },
        user('v'),
      ],
    })
    expect(messages[1]?.content).toEqual([
      { type: 'thinking', thinking: 'a', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'text', text: 'c' },
    ])
  })

  test('results stand first in their turn, and a failure says so', () => {
    const { messages } = anthropic({
      messages: [user('u'), call('c'), user('between'), result('c', '', true)],
    })
    expect(messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'c', content: '(empty)', is_error: true },
      { type: 'text', text: 'between' },
    ])
  })

  test('a history with calls names its tools although none may be called now', () => {
    const body = anthropic({ messages: [user('u'), call('c'), result('c')] })
    expect(body).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'none' },
    })
  })

  test('images and files come as their sources', () => {
    const source = (part: object): unknown =>
      anthropic({ messages: [{ role: 'user', content: [part as never] }] }).messages[0]?.content[0]
    expect(source({ type: 'image', data: 'https://a.test/x' })).toEqual({
      type: 'image',
      source: { type: 'url', url: 'https://a.test/x' },
    })
    expect(source({ type: 'image', data: 'data:image/webp;base64,UklG' })).toEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/webp', data: 'UklG' },
    })
    expect(
      source({ type: 'file', data: btoa('hi'), mediaType: 'text/markdown', filename: 'a.md' }),
    ).toEqual({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'hi' },
      title: 'a.md',
    })
    expect(source({ type: 'file', data: 'AAAA', mediaType: 'image/png' })).toMatchObject({
      type: 'image',
    })
  })

  test('an answer that has to be continued ends without white space', () => {
    const { messages } = anthropic({
      messages: [user('u'), { role: 'assistant', content: 'a \n' }],
    })
    expect(messages[1]?.content).toEqual([{ type: 'text', text: 'a' }])
  })
})
