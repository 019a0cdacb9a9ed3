/** What the chat wire has beside text, reasoning and function calls. */

import { describe, expect, test } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { AssistantMessage, Message, OutputPart } from '../../src/base/messages.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import type { ChatRequestOptions } from '../../src/wires/openai-chat/options.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'
import { type Read, readerOf, shown } from '../support/decode.js'

type Json = Record<string, unknown>

const read = readerOf(() => new ChatDecoder('p'))

const delta = (fields: object, finish: unknown = null, more: object = {}): Json => ({
  model: 'grok-5',
  choices: [{ index: 0, delta: fields, finish_reason: finish, ...more }],
})
const call = (fields: object): Json => delta({ tool_calls: [fields] })

function messageOf({ out }: Read): AssistantMessage & { content: OutputPart[] } {
  const content = new Accumulator()
  for (const event of out) content.add(event)
  return content.message(false) as AssistantMessage & { content: OutputPart[] }
}

/** The assistant message in the next request. */
function sentBack(
  message: AssistantMessage,
  model = 'grok-5',
  options: ChatRequestOptions & { provider?: string } = {},
): Json {
  const messages: Message[] = [message, { role: 'user', content: 'go on' }]
  const { messages: sent } = encodeChatRequest({ messages }, model, { provider: 'p', ...options })
  return (sent as Json[])[0] as Json
}

describe("a call of the server's own tool", () => {
  const search = (query: string): Json => ({ search: { query }, type: 'web_search', id: 'w' })

  test('is shown as it begins and again once it is whole, in its place', () => {
    const result = read(
      delta({ content: 'Looking.' }),
      call({ index: 0, id: 'w', type: 'web_search', web_search: { query: 'sun' } }),
      call({ index: 0, web_search: { query: ' today', results: [{ url: 'u' }] } }),
      call({ index: 0, type: 'web_search', web_search: { results: [{ url: 'v' }] } }),
      delta({ content: 'Warm.' }),
      delta({}, 'stop'),
      '[DONE]',
    )
    const whole = {
      id: 'w',
      type: 'web_search',
      web_search: { query: 'sun today', results: [{ url: 'u' }, { url: 'v' }] },
    }
    expect(shown(result)).toEqual([
      '0 text Looking.',
      '1 openai-chat/xai web_search {"id":"w","type":"web_search","web_search":{"query":"sun"}} (partial)',
      '2 text Warm.',
      `1 openai-chat/xai web_search ${JSON.stringify(whole)}`,
    ])
    expect(result.completion?.finishReason).toBe('stop')
    expect(messageOf(result).content.map(({ type }) => type)).toEqual(['text', 'provider', 'text'])
  })

  test('has arguments that are joined like those of a function', () => {
    const result = read(
      call({
        index: 0,
        id: 'x',
        type: 'x_search_call',
        function: { name: 'x', arguments: '{"q"' },
      }),
      call({ index: 0, function: { arguments: ':1}' } }),
      delta({}, 'stop'),
    )
    expect(messageOf(result).content).toMatchObject([
      { data: { id: 'x', type: 'x_search_call', function: { name: 'x', arguments: '{"q":1}' } } },
    ])
  })

  test('stands beside functions, also if all calls have the same index', () => {
    const functionCall = { id: 'f', type: 'function', function: { name: 'f', arguments: '{' } }
    const result = read(
      call({ index: 0, ...search('a') }),
      call({ index: 0, ...functionCall }),
      call({ index: 0, function: { arguments: '}' } }),
      call({ index: 0, ...search('b'), id: 'v' }),
      delta({}, 'tool_calls'),
    )
    expect(messageOf(result).content).toMatchObject([
      { type: 'provider', data: { id: 'w', search: { query: 'a' } } },
      { type: 'tool-call', id: 'f', input: {} },
      { type: 'provider', data: { id: 'v', search: { query: 'b' } } },
    ])
  })

  test('is told from a call that waits for a result by its type alone', () => {
    for (const type of [
      'function',
      'Function',
      'builtin_function',
      'custom',
      'tool_use',
      '',
      null,
    ]) {
      const named = { name: 'f', arguments: '{}' }
      const result = read(call({ index: 0, id: 'c', type, function: named }), delta({}, 'stop'))
      expect([type, result.out[0]?.kind]).toEqual([type, 'tool-call'])
      expect(result.completion?.finishReason).toBe('tool-calls')
    }
  })

  test('is joined by its id, and by nothing if it is the last one', () => {
    const result = read(
      call({ id: 'a', type: 's', text: '1' }),
      call({ id: 'b', type: 's', text: '2' }),
      call({ id: 'a', text: '3' }),
      call({ text: '4' }),
      delta({}, 'stop'),
    )
    expect(messageOf(result).content).toMatchObject([
      { data: { id: 'a', text: '134' } },
      { data: { id: 'b', text: '2' } },
    ])
  })

  test('stays partial in an answer that breaks off, and never at its end', () => {
    const begun = read(call({ index: 0, ...search('a') }))
    expect(begun.completion).toBeUndefined()
    expect(messageOf(begun).content).toMatchObject([{ partial: true }])
    expect(sentBack({ role: 'assistant', content: messageOf(begun).content })).toEqual({
      role: 'user',
      content: 'go on',
    })
    // Some servers repeat the finish reason, and go on.
    const late = read(
      call({ index: 0, ...search('a') }),
      delta({}, 'stop'),
      call({ index: 1, ...search('b'), id: 'v' }),
      call({ index: 0, search: { query: 'c' } }),
      delta({}, 'stop'),
      '[DONE]',
    )
    const { content } = messageOf(late)
    expect(content).toMatchObject([{ data: search('ac') }, { data: { search: { query: 'b' } } }])
    expect(content.some((part) => part.type === 'provider' && part.partial)).toBe(false)
  })

  test('is not changed after it was handed out', () => {
    const events = [
      call({ index: 0, ...search('a') }),
      delta({}, 'stop'),
      call({ index: 0, search: { query: 'b' } }),
      '[DONE]',
    ]
    const queries = read(...events).out.map((event) =>
      event.kind === 'provider' ? (event.data as { search: Json }).search.query : event.kind,
    )
    expect(queries).toEqual(['a', 'a', 'ab'])
  })

  test('does not reach the prototypes', () => {
    const hostile = `{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"w","type":"s","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}}}]}}]}`
    const result = read(hostile, hostile, '[DONE]')
    expect(result.error).toBeUndefined()
    expect(({} as Json).polluted).toBeUndefined()
  })

  test('ends the answer beyond a bound', () => {
    const decoder = new ChatDecoder('p')
    const text = 'x'.repeat(4 * 1024 * 1024)
    const one = JSON.stringify(call({ index: 0, id: 'w', type: 's', text }))
    const flood = (): void => {
      for (let at = 0; at < 20; at++) decoder.decode(one, undefined, [])
    }
    expect(flood).toThrow(expect.objectContaining({ code: 'protocol' }))
  })
})

describe('a content part of unknown type', () => {
  const reference = { type: 'tool_reference', tool: 'web_search', title: 'T', url: 'u' }
  const document = { type: 'document_url', document_url: 'd', document_name: 'n' }

  test('is a block in its place, and text and reasoning stay what they are', () => {
    const mistral = (parts: unknown[]): Json => ({
      ...delta({ content: parts }),
      model: 'mistral-x',
    })
    const result = read(
      mistral([{ type: 'text', text: 'a' }, reference]),
      mistral([{ type: 'text', text: 'b' }, document, { type: 'output_text', text: 'c' }]),
      mistral([
        { type: 'reasoning', text: 'd' },
        { type: 'thinking', thinking: 'e' },
      ]),
      mistral([{ type: 'refusal', refusal: 'No.' }]),
      '[DONE]',
    )
    expect(shown(result)).toEqual([
      '0 text a',
      `1 openai-chat/mistral tool_reference ${JSON.stringify(reference)}`,
      '2 text b',
      `3 openai-chat/mistral document_url ${JSON.stringify(document)}`,
      '4 text c',
      '5 reasoning d',
      '5 reasoning e',
      '6 text No.',
    ])
    expect(result.completion?.finishReason).toBe('content-filter')
  })

  test('is an image with its data, or a block with its address', () => {
    const image = (url: string): Json => ({ type: 'image_url', image_url: { url } })
    const parts = [image('data:image/png;base64,AAAA'), image('https://a.test/x.png')]
    expect(shown(read(delta({ content: parts })))).toEqual([
      '0 file image/png AAAA',
      `1 openai-chat/xai image_url ${JSON.stringify(parts[1])}`,
    ])
  })

  test('is nothing without a type or without text', () => {
    const parts = [{}, { type: 'text' }, { type: 'text', text: '' }, { type: null }, { type: 7 }]
    expect(shown(read(delta({ content: parts })))).toEqual([])
  })
})

describe('a block goes back', () => {
  const search = { type: 'web_search', id: 'w', web_search: { query: 'q', z: 1, a: 2 } }
  const reference = { type: 'tool_reference', tool: 'web_search', title: 'T' }
  const answer = read(
    delta({ content: [{ type: 'text', text: 'a' }, reference, { type: 'text', text: 'b' }] }),
    call({ index: 0, ...search }),
    delta({}, 'stop'),
  )

  test('as it came and where it was, to the same server', () => {
    const sent = sentBack(messageOf(answer))
    expect(sent).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'a' }, reference, { type: 'text', text: 'b' }],
      tool_calls: [search],
    })
    expect(JSON.stringify((sent.tool_calls as Json[])[0])).toBe(JSON.stringify(search))
  })

  test('through JSON too', () => {
    const message = JSON.parse(JSON.stringify(messageOf(answer))) as AssistantMessage
    expect(sentBack(message)).toEqual(sentBack(messageOf(answer)))
  })

  test('beside calls of functions, in their order', () => {
    const content: OutputPart[] = [
      ...messageOf(answer).content,
      { type: 'tool-call', id: 'c', name: 'f', input: {} },
    ] as OutputPart[]
    const messages: Message[] = [
      { role: 'assistant', content },
      { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 'f', output: 1 }] },
    ]
    const body = encodeChatRequest({ messages }, 'grok-5', { provider: 'p' })
    const { tool_calls: calls } = (body.messages as Json[])[0] as { tool_calls: Json[] }
    expect(calls.map(({ id }) => id)).toEqual(['w', 'c'])
  })

  test('alone in its message', () => {
    const content = messageOf(answer).content.filter(
      (part) => part.type === 'provider' && part.name === 'web_search',
    )
    expect(sentBack({ role: 'assistant', content })).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [search],
    })
  })

  test('like a call of a custom tool, which is one for OpenAI alone', () => {
    const content: OutputPart[] = [
      { type: 'tool-call', id: 'c', name: 'patch', input: '*** Begin', custom: true },
    ]
    const messages: Message[] = [
      { role: 'assistant', content },
      { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 'patch', output: 'ok' }] },
    ]
    const callsFor = (model: string): unknown =>
      (encodeChatRequest({ messages }, model).messages as Json[])[0]?.tool_calls
    expect(callsFor('gpt-5.5')).toEqual([
      { id: 'c', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
    ])
    expect(callsFor('grok-5')).toEqual([
      {
        id: 'c',
        type: 'function',
        function: { name: 'patch', arguments: '{"input":"*** Begin"}' },
      },
    ])
  })

  test('to nobody else', () => {
    const message = messageOf(answer)
    for (const model of ['gpt-5.5', 'mistral-large-latest']) {
      const sent = sentBack(message, model, { provider: 'q' })
      expect(sent).toEqual({ role: 'assistant', content: 'ab' })
    }
    const request = { messages: [message, { role: 'user' as const, content: 'x' }] }
    for (const body of [
      encodeMessagesRequest(request, 'claude-sonnet-5'),
      encodeGeminiRequest(request, 'gemini-3-pro'),
      encodeResponsesRequest(request, 'gpt-5.5'),
    ]) {
      expect(JSON.stringify(body)).not.toMatch(/web_search|tool_reference/)
    }
  })

  test('to the server that made it, where no name says who made the model', () => {
    const block = read({ ...delta({ content: [reference] }), model: 'sonar-pro' }, '[DONE]')
    const message = messageOf(block)
    expect(sentBack(message, 'sonar').content).toEqual([reference])
    expect(sentBack(message, 'llama-4', { provider: 'q' }).role).toBe('user')
    // A deployment can have any name.
    expect(sentBack(messageOf(answer), 'my-deployment', { provider: 'q' }).tool_calls).toEqual([
      search,
    ])
  })
})

describe('audio', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, at) => (at * 7) % 256)
  const whole = Buffer.from(bytes).toString('base64')
  const spoken = (audio: object, finish: unknown = null): Json => ({
    ...delta({ audio }, finish),
    model: 'gpt-audio',
  })
  const answerOf = (...pieces: string[]): Read =>
    read(
      spoken({ id: 'audio_1', transcript: 'Hel' }),
      ...pieces.map((data) => spoken({ data })),
      spoken({ transcript: 'lo' }),
      spoken({ expires_at: 4_000_000_000 }, 'stop'),
      '[DONE]',
    )
  const fileOf = ({ out }: Read): unknown[] =>
    out.flatMap((event) => (event.kind === 'file' ? [[event.mediaType, event.data]] : []))

  test('is one file after the transcript, which is text', () => {
    const result = answerOf(whole)
    expect(messageOf(result).content).toEqual([
      {
        type: 'text',
        text: 'Hello',
        signature: 'openai-chat/openai:{"audio":{"id":"audio_1","expires_at":4000000000}}',
      },
      { type: 'file', mediaType: 'audio/pcm;rate=24000', data: whole },
    ])
  })

  test('has the same bytes whether each piece was encoded on its own or the text was cut', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 48, 100, 299]) {
      const ownPieces: string[] = []
      for (let at = 0; at < bytes.length; at += size) {
        ownPieces.push(Buffer.from(bytes.subarray(at, at + size)).toString('base64'))
      }
      const cutPieces = whole.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
      for (const pieces of [ownPieces, cutPieces]) {
        expect([size, fileOf(answerOf(...pieces))]).toEqual([
          size,
          [['audio/pcm;rate=24000', whole]],
        ])
      }
    }
  })

  test('may lack its padding, and may come whole in a message', () => {
    const bare = Buffer.from('abcd').toString('base64').replaceAll('=', '')
    expect(fileOf(answerOf(bare))).toEqual([['audio/pcm;rate=24000', 'YWJjZA==']])
    const audio = { id: 'a', data: 'YWJj', transcript: 'abc', expires_at: null }
    const result = read({ choices: [{ index: 0, message: { audio }, finish_reason: 'stop' }] })
    expect(shown(result)).toEqual([
      '0 text abc',
      '0 text  (openai-chat:{"audio":{"id":"a"}})',
      '1 file audio/pcm;rate=24000 YWJj',
    ])
  })

  test('goes back to its maker as its id, as long as the provider keeps it', () => {
    const message = messageOf(answerOf(whole))
    expect(sentBack(message, 'gpt-audio')).toEqual({
      role: 'assistant',
      content: null,
      audio: { id: 'audio_1' },
    })
    expect(sentBack(message, 'grok-5')).toEqual({ role: 'assistant', content: 'Hello' })
    const old = read(spoken({ id: 'a', transcript: 'Hi', expires_at: 1 }), '[DONE]')
    expect(sentBack(messageOf(old), 'gpt-audio')).toEqual({ role: 'assistant', content: 'Hi' })
  })

  test('that is not base64 is an error of the answer, not of the program', () => {
    const decoder = new ChatDecoder('p')
    expect(() => {
      decoder.decode(JSON.stringify(spoken({ data: 'YQ==' })), undefined, [])
      decoder.decode(JSON.stringify(spoken({ data: '!!!!' })), undefined, [])
    }).toThrow(expect.objectContaining({ name: 'InvalidCharacterError' }))
  })
})

describe('reasoning', () => {
  test('has any of the names that servers have for it', () => {
    for (const name of [
      'reasoning_content',
      'reasoning',
      'reasoning_text',
      'cot_summary',
      'thinking',
    ]) {
      expect(shown(read(delta({ [name]: 'hm', content: null })))).toEqual(['0 reasoning hm'])
    }
  })

  test('of GitHub Copilot goes back under the names that it came under', () => {
    const copilot = (fields: object, finish: unknown = null): Json => ({
      ...delta(fields, finish),
      model: 'gemini-3-pro',
    })
    const result = read(
      copilot({ reasoning_text: 'hm', content: null }),
      copilot({ reasoning_opaque: 'AB', content: 'Yes.' }),
      copilot({ reasoning_opaque: 'CD' }),
      copilot({}, 'stop'),
      '[DONE]',
    )
    const message = messageOf(result)
    expect(message.content).toMatchObject([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Yes.' },
    ])
    const expected = {
      role: 'assistant',
      content: 'Yes.',
      reasoning_text: 'hm',
      reasoning_opaque: 'ABCD',
    }
    expect(sentBack(message, 'gemini-3-pro')).toEqual(expected)
    for (const other of ['gpt-5.5', 'deepseek-v4-pro', 'claude-sonnet-5']) {
      expect(JSON.stringify(sentBack(message, other))).not.toMatch(/ABCD|reasoning_text/)
    }
    const traits = { reasoningField: 'reasoning_details' } as const
    expect(JSON.stringify(sentBack(message, 'gemini-3-pro', { traits }))).not.toContain('ABCD')
  })

  test('of GitHub Copilot may have no text, or an id', () => {
    const opaque = read(
      delta({ content: 'a' }),
      delta({ reasoning_opaque: 'X' }),
      delta({ content: 'b' }),
      '[DONE]',
    )
    expect(shown(opaque)).toEqual([
      '0 text a',
      '0 text b',
      '1 reasoning  (openai-chat/xai:{"reasoning_opaque":"X"})',
    ])
    expect(sentBack(messageOf(opaque))).toEqual({
      role: 'assistant',
      content: 'ab',
      reasoning_opaque: 'X',
    })
    const azure = read(delta({ cot_id: 'i', cot_summary: 's' }), delta({ content: 'a' }), '[DONE]')
    expect(sentBack(messageOf(azure))).toMatchObject({ cot_summary: 's', cot_id: 'i' })
  })

  test('goes back in the field that the traits name', () => {
    const message = messageOf(read(delta({ reasoning: 'hm' }), delta({ content: 'a' }), '[DONE]'))
    for (const reasoningField of ['reasoning', 'reasoning_text', 'reasoning_content'] as const) {
      const sent = sentBack(message, 'x', { traits: { reasoningField } })
      expect(sent).toEqual({ role: 'assistant', content: 'a', [reasoningField]: 'hm' })
    }
  })
})

describe('the end in the words of the server', () => {
  const rawOf = (...events: unknown[]): unknown => {
    const decoder = new ChatDecoder('p')
    for (const event of events) {
      decoder.decode(typeof event === 'string' ? event : JSON.stringify(event), undefined, [])
    }
    return decoder.raw()
  }

  test('has the usage as it was sent, and what stands beside the choices and the delta', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, cost: 0.1, cost_details: { a: null } }
    const filtered = { hate: { filtered: false } }
    expect(
      rawOf(
        { ...delta({ content: 'a' }), id: 'c', provider: 'X', service_tier: 'flex', p: 'abc' },
        delta({}, 'stop', {
          native_finish_reason: 'end_turn',
          stop_reason: null,
          content_filter_results: filtered,
        }),
        { id: 'c', choices: [], usage, timings: { predicted_ms: 3 }, system_fingerprint: null },
        '[DONE]',
      ),
    ).toEqual({
      usage,
      finish: {
        finish_reason: 'stop',
        native_finish_reason: 'end_turn',
        content_filter_results: filtered,
      },
      provider: 'X',
      service_tier: 'flex',
      timings: { predicted_ms: 3 },
    })
  })

  test('has all log probabilities and token ids', () => {
    const token = (name: string): object => ({ token: name, logprob: -1, top_logprobs: [] })
    expect(
      rawOf(
        { ...delta({ content: 'a' }), prompt_token_ids: [1, 2] },
        delta({ content: 'b' }, null, { logprobs: { content: [token('b')] }, token_ids: [3] }),
        delta({ content: 'c' }, null, { logprobs: { content: [token('c')], refusal: null } }),
        delta({}, 'stop', { logprobs: null, token_ids: [4, 5] }),
      ),
    ).toEqual({
      finish: { finish_reason: 'stop' },
      logprobs: { content: [token('b'), token('c')] },
      token_ids: [3, 4, 5],
      prompt_token_ids: [1, 2],
    })
  })

  test('is nothing where nothing was reported', () => {
    expect(rawOf(delta({ content: 'a' }))).toBeUndefined()
  })

  test('is bounded', () => {
    const decoder = new ChatDecoder('p')
    const many = Array.from({ length: 50_000 }, (_, at) => at)
    const chunk = JSON.stringify(delta({}, null, { token_ids: many }))
    for (let at = 0; at < 200; at++) decoder.decode(chunk, undefined, [])
    const { token_ids: ids } = decoder.raw() as { token_ids: number[] }
    expect(ids.length * 5).toBeLessThan(17 * 1024 * 1024)
    for (let at = 0; at < 500; at++) {
      decoder.decode(JSON.stringify({ choices: [], [`name${at}`]: 1 }), undefined, [])
    }
    expect(Object.keys(decoder.raw() as object).length).toBeLessThan(100)
  })

  test('survives hostile names', () => {
    const names = '"__proto__":{"polluted":1},"constructor":[1],"toString":[2]'
    const raw = rawOf(
      `{${names},"choices":[{"delta":{},"finish_reason":"stop",${names},"logprobs":{${names}}}]}`,
    )
    expect(({} as Json).polluted).toBeUndefined()
    expect(raw).toMatchObject({ logprobs: { constructor: [1] } })
  })

  test('has the id of the response for failures', () => {
    const decoder = new ChatDecoder('p')
    decoder.decode(JSON.stringify({ ...delta({ content: 'a' }), id: 'chatcmpl-1' }), undefined, [])
    expect(decoder.responseId).toBe('chatcmpl-1')
  })
})
