import { describe, expect, test } from 'vitest'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { inputsOf, readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new MessagesDecoder('p'))

const begin = (index: unknown, content_block: object): unknown => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (index: unknown, type: string, fields: object): unknown => ({
  type: 'content_block_delta',
  index,
  delta: { type, ...fields },
})
const text = (index: number, value: string): unknown => delta(index, 'text_delta', { text: value })
const json = (index: number, value: string): unknown =>
  delta(index, 'input_json_delta', { partial_json: value })
const stop = (index: number): unknown => ({ type: 'content_block_stop', index })
const finish = (stop_reason: unknown, usage?: object): unknown => ({
  type: 'message_delta',
  delta: { stop_reason },
  usage,
})
const tool = (id: string, input: object = {}): object => ({
  type: 'tool_use',
  id,
  name: 'f',
  input,
})

describe('the end', () => {
  test('is known at a stop reason, and reading ends at message_stop', () => {
    expect(read(text(0, 'a'), finish(null)).completion).toBeUndefined()
    const result = read(text(0, 'a'), finish('end_turn'))
    expect([result.ended, result.completion?.finishReason]).toEqual([false, 'stop'])
    expect(read(text(0, 'a'), { type: 'message_stop' })).toMatchObject({
      ended: true,
      completion: { finishReason: 'stop' },
    })
  })

  test('is not [DONE] alone, which is the marker of another wire', () => {
    expect(read(text(0, 'a'), '[DONE]').completion).toBeUndefined()
    expect(read(text(0, 'a'), finish('end_turn'), '[DONE]').ended).toBe(true)
  })

  test('has one of our words, whatever word was sent', () => {
    for (const [raw, reason] of [
      ['end_turn', 'stop'],
      ['stop_sequence', 'stop'],
      ['max_tokens', 'length'],
      ['model_context_window_exceeded', 'length'],
      ['tool_use', 'tool-calls'],
      ['refusal', 'content-filter'],
      ['pause_turn', 'pause'],
      ['compaction', 'pause'],
      ['stop', 'stop'],
      ['length', 'length'],
      ['new', 'other'],
      ['constructor', 'other'],
      ['__proto__', 'other'],
    ]) {
      const { completion } = read(finish(raw))
      expect([completion?.rawFinishReason, completion?.finishReason]).toEqual([raw, reason])
    }
  })
})

describe('blocks', () => {
  test('interleave, and an index that is used again is another block', () => {
    const result = read(
      begin(0, { type: 'thinking', thinking: '' }),
      begin(1, { type: 'text', text: '' }),
      delta(0, 'thinking_delta', { thinking: 'a' }),
      text(1, 'b'),
      delta(0, 'thinking_delta', { thinking: 'c' }),
      stop(0),
      stop(1),
      begin(0, { type: 'text', text: 'd' }),
      text(0, 'e'),
    )
    expect(shown(result)).toEqual([
      '0 reasoning a',
      '1 text b',
      '0 reasoning c',
      '2 text d',
      '2 text e',
    ])
  })

  test('begin with their first fragment if their start is missing', () => {
    const result = read(delta(0, 'thinking_delta', { thinking: 'a' }), text(0, 'b'), text(1, 'c'))
    expect(shown(result)).toEqual(['0 reasoning a', '1 text b', '2 text c'])
  })

  test('may be in message_start already', () => {
    const result = read({
      type: 'message_start',
      message: { id: 'm', model: 'x', content: [{ type: 'text', text: 'a' }, tool('t', { x: 1 })] },
    })
    expect(shown(result)[0]).toBe('0 text a')
    expect(inputsOf(result)).toEqual(['{"x":1}'])
  })

  test('of thinking carry their signature, even without text, and redacted ones their data', () => {
    const result = read(
      begin(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, 'signature_delta', { signature: 's' }),
      begin(1, { type: 'redacted_thinking', data: 'd' }),
    )
    expect(result.out).toEqual([
      { type: 'content', index: 0, kind: 'reasoning', text: '', signature: 'anthropic-messages:s' },
      {
        type: 'content',
        index: 1,
        kind: 'reasoning',
        text: '',
        signature: 'anthropic-messages:d',
        redacted: true,
      },
    ])
    expect(read(begin(0, { type: 'redacted_thinking' })).out).toEqual([])
  })
})

describe('a tool call', () => {
  test('gathers fragments, or takes the input of its start if none come', () => {
    expect(inputsOf(read(begin(0, tool('a')), json(0, '{"x"'), json(0, ':1}'), stop(0)))).toEqual([
      '{"x":1}',
    ])
    expect(inputsOf(read(begin(0, tool('a', { x: 1 })), stop(0)))).toEqual(['{"x":1}'])
    expect(inputsOf(read(begin(0, tool('a', { x: 1 })), json(0, '{"y":2}'), stop(0)))).toEqual([
      '{"y":2}',
    ])
    expect(inputsOf(read(begin(0, tool('a', { x: 1 })), finish('tool_use')))).toEqual(['{"x":1}'])
    expect(inputsOf(read(begin(0, tool('a')), stop(0)))).toEqual([''])
  })

  test('may have all of its input in its start, as text too', () => {
    const whole = { type: 'tool_use', id: 'a', name: 'f', input: '{"x":1}' }
    expect(inputsOf(read(begin(0, whole), stop(0)))).toEqual(['{"x":1}'])
  })

  test('without an id gets one of its own', () => {
    expect(shown(read(begin(0, { type: 'tool_use', name: 'f', input: {} })))).toEqual([
      '0 call_* f ',
    ])
  })

  test('keeps what came whole at its start although its index is used again', () => {
    const result = read(
      begin(0, tool('a', { x: 1 })),
      begin(0, tool('b', { x: 2 })),
      finish('tool_use'),
    )
    expect(inputsOf(result)).toEqual(['{"x":1}', '{"x":2}'])
  })
})

test('a citation is a source', () => {
  const citation = { type: 'char_location', cited_text: 'x', document_title: 'D' }
  expect(
    read(
      begin(0, { type: 'text', text: '' }),
      text(0, 'a'),
      delta(0, 'citations_delta', { citation }),
      text(0, 'b'),
    ).out,
  ).toEqual([
    { type: 'content', index: 0, kind: 'text', text: 'a' },
    { type: 'content', index: 1, kind: 'source', title: 'D', raw: citation },
    { type: 'content', index: 0, kind: 'text', text: 'b' },
  ])
})

test('the input that message_start counted stays where message_delta counts none', () => {
  const counted = (start: number, end: number) =>
    read(
      { type: 'message_start', message: { usage: { input_tokens: start, output_tokens: 1 } } },
      finish('end_turn', { input_tokens: end, output_tokens: 5 }),
    ).completion?.usage.inputTokens
  expect([counted(7, 0), counted(0, 7), counted(7, 9), counted(0, 0)]).toEqual([7, 7, 9, 0])
})

test('usage of message_delta overrides that of message_start, and a null says nothing', () => {
  const result = read(
    {
      type: 'message_start',
      message: {
        id: 'm',
        model: 'x',
        usage: {
          input_tokens: 1,
          cache_read_input_tokens: 2,
          cache_creation_input_tokens: 3,
          output_tokens: 1,
        },
      },
    },
    finish('end_turn', {
      input_tokens: 10,
      output_tokens: 20,
      cache_read_input_tokens: null,
      output_tokens_details: { thinking_tokens: 7 },
    }),
  )
  expect(result.completion).toMatchObject({
    model: 'x',
    responseId: 'm',
    usage: {
      inputTokens: 15,
      outputTokens: 20,
      reasoningTokens: 7,
      cachedInputTokens: 2,
      cacheWriteInputTokens: 3,
    },
  })
})

describe('errors', () => {
  test('throw after the content before them, whatever the event is called', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const result = read(text(0, 'a'), error)
    expect(shown(result)).toEqual(['0 text a'])
    expect(result.error?.code).toBe('overloaded')
  })

  test('are known by the event name alone, and may be plain text', () => {
    const failure = (data: string) => () => new MessagesDecoder('p').decode(data, 'error', [])
    expect(failure('{"code":500,"message":"m","type":"server_error"}')).toThrow(
      expect.objectContaining({ code: 'server', status: 500 }),
    )
    expect(failure('crashed')).toThrow(expect.objectContaining({ message: 'p: crashed' }))
  })

  test('are known in the shapes of gateways', () => {
    for (const [body, code] of [
      [{ message: 'Too many requests, please wait.' }, 'rate-limit'],
      [{ error: 'Overloaded' }, 'overloaded'],
      [{ code: 503, message: 'Service unavailable' }, 'overloaded'],
      [{ type: 'message_delta', error: { message: 'boom' } }, 'server'],
    ] as const) {
      expect([read(text(0, 'a'), body).error?.code, body]).toEqual([code, body])
    }
    expect(read({ type: 'ping', error: {} }).error).toBeUndefined()
  })

  test('are `protocol` for data that is not JSON', () => {
    expect(read('{"type":').error?.code).toBe('protocol')
  })
})

test('pings, unknown types and events without data pass by', () => {
  const result = read(
    { type: 'ping' },
    { type: 'new' },
    {},
    '',
    delta(0, 'new_delta', { text: 'x' }),
  )
  expect([result.out, result.error]).toEqual([[], undefined])
})

test('data of any shape is read without a TypeError', () => {
  const odd = [null, 0, '', 'x', true, [], [null], {}, { index: 0 }, [{}], [[]]]
  const kinds = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'web_search_tool_result']
  const deltas = [
    'text_delta',
    'thinking_delta',
    'signature_delta',
    'input_json_delta',
    'citations_delta',
  ]
  for (const value of odd) {
    read({ type: value })
    read({ type: 'message_start', message: value })
    read({
      type: 'message_start',
      message: { content: value, usage: value, id: value, model: value },
    })
    read({ type: 'message_delta', delta: value, usage: value }, { type: 'message_stop' })
    read({ type: 'content_block_delta', index: value, delta: value })
    read({ type: 'content_block_start', index: value, content_block: value })
    const fields = {
      text: value,
      thinking: value,
      signature: value,
      data: value,
      id: value,
      name: value,
      input: value,
      content: value,
      citations: value,
      partial_json: value,
      citation: value,
    }
    for (const type of kinds) read(begin(value, { ...fields, type }), stop(0), finish('tool_use'))
    for (const type of deltas) read(begin(0, tool('a')), delta(0, type, fields), finish('end_turn'))
    read(JSON.stringify(value))
  }
})
