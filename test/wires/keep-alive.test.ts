import { describe, expect, test } from 'vitest'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { ResponsesDecoder } from '../../src/wires/openai-responses/response.js'
import { readerOf, shown } from '../support/decode.js'

const wires = {
  'OpenAI Chat Completions': {
    create: () => new ChatDecoder('p'),
    text: { choices: [{ index: 0, delta: { content: 'a' } }] },
    end: (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] }),
  },
  'OpenAI Responses': {
    create: () => new ResponsesDecoder('p'),
    text: { type: 'response.output_text.delta', delta: 'a' },
    end: (status: string) => ({ type: 'response.completed', response: { status, output: [] } }),
  },
  'Anthropic Messages': {
    create: () => new MessagesDecoder('p'),
    text: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
    end: (word: string) => ({ type: 'message_delta', delta: { stop_reason: word } }),
  },
  Gemini: {
    create: () => new GeminiDecoder('p'),
    text: { candidates: [{ content: { parts: [{ text: 'a' }] } }] },
    end: (word: string) => ({ candidates: [{ finishReason: word.toUpperCase() }] }),
  },
}

const empty = { message: '', type: '', param: null, code: null, details: [], inner: {} }
const nothing = [
  'null',
  '0',
  'true',
  '""',
  '"ping"',
  '[]',
  '[null]',
  '{}',
  '{"error":null}',
  JSON.stringify({ error: empty }),
  JSON.stringify({ error: { code: 0, message: '' } }),
]

describe.each(Object.entries(wires))('%s', (name, { create, text, end }) => {
  const read = readerOf(create)
  const stop = name === 'OpenAI Responses' ? 'completed' : 'stop'

  test.each(nothing)('skips %s between good events', (data) => {
    const result = read(data, text, data, end(stop), data)
    expect([result.error, shown(result), result.completion?.finishReason]).toEqual([
      undefined,
      ['0 text a'],
      'stop',
    ])
  })

  test('still fails at an error with one field that is not empty', () => {
    expect(read(text, { error: { ...empty, message: 'boom' } }).error?.message).toContain('boom')
    expect(read(text, { error: { ...empty, code: 503 } }).error?.code).toBe('overloaded')
  })

  test('still fails at data that is not JSON', () => {
    expect(read('nul').error?.code).toBe('protocol')
  })
})

describe.each(Object.entries(wires).filter(([name]) => name !== 'OpenAI Responses'))(
  'a finish reason of %s',
  (_, { create, text, end }) => {
    const read = readerOf(create)

    test.each([
      ['overloaded_error', 'overloaded'],
      ['overloaded', 'overloaded'],
      ['rate_limit_error', 'rate-limit'],
      ['rate_limit_exceeded', 'rate-limit'],
      ['api_error', 'server'],
      ['server_error', 'server'],
      ['internal_server_error', 'server'],
      ['error', 'server'],
      ['failed', 'server'],
      ['authentication_error', 'auth'],
      ['permission_error', 'permission'],
      ['not_found_error', 'not-found'],
      ['invalid_request_error', 'invalid-request'],
      ['timeout_error', 'timeout'],
      ['insufficient_quota', 'quota'],
    ] as const)('"%s" fails the answer with code %s', (word, code) => {
      const result = read(text, end(word))
      expect([shown(result), result.error?.code]).toEqual([['0 text a'], code])
    })

    test('that no one knows ends the answer as "other"', () => {
      for (const word of ['something_new', 'failsafe', 'error_free']) {
        const { error, completion } = read(text, end(word))
        expect([error, completion?.finishReason, word]).toEqual([undefined, 'other', word])
      }
    })
  },
)

test('a finish reason that names calls of tools is "tool-calls" in any spelling', () => {
  for (const word of ['FUNCTION_CALL', 'TOOL_CALLS', 'tool_use', 'function_calls']) {
    const call = { functionCall: { name: 'f', args: {} } }
    const chunk = { candidates: [{ content: { parts: [call] }, finishReason: word }] }
    const result = readerOf(() => new GeminiDecoder('p'))(chunk)
    expect([result.completion?.finishReason, word]).toEqual(['tool-calls', word])
  }
  for (const word of ['FUNCTION_CALL', 'tool-calls', 'function_calls', 'tool_call']) {
    const chunk = { choices: [{ delta: {}, finish_reason: word }] }
    const result = readerOf(() => new ChatDecoder('p'))(chunk)
    expect([result.completion?.finishReason, word]).toEqual(['tool-calls', word])
  }
})
