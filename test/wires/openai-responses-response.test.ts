import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResponsesDecoder } from '../../src/wires/openai-responses/response.js'
import { inputsOf, readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new ResponsesDecoder('p'))

const text = (delta: unknown, more: object = {}): unknown => ({
  type: 'response.output_text.delta',
  output_index: 0,
  item_id: 'm',
  content_index: 0,
  delta,
  ...more,
})
const added = (index: unknown, item: object): unknown => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
})
const done = (index: unknown, item: object): unknown => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
})
const fragment = (index: unknown, id: unknown, delta: unknown): unknown => ({
  type: 'response.function_call_arguments.delta',
  output_index: index,
  item_id: id,
  delta,
})
const call = (id: unknown, callId: unknown, name: unknown, args: unknown): object => ({
  type: 'function_call',
  id,
  call_id: callId,
  name,
  arguments: args,
})
const message = (...content: object[]): object => ({ type: 'message', id: 'm', content })
const outputText = (value: string, annotations: object[] = []): object => ({
  type: 'output_text',
  text: value,
  annotations,
})
const completed = (more: object = {}): unknown => ({
  type: 'response.completed',
  response: { status: 'completed', output: [], ...more },
})

describe('the end', () => {
  test('is not known before a terminal, not even at [DONE]', () => {
    const result = read(text('a'), '[DONE]')
    expect([result.completion, result.ended]).toEqual([undefined, false])
  })

  test('is a completed response, which tells who answered', () => {
    const result = read(
      { type: 'response.created', response: { id: 'r', model: 'asked', status: 'in_progress' } },
      text('a'),
      completed({ model: 'answered', usage: { input_tokens: 1, output_tokens: 2 } }),
      '[DONE]',
    )
    expect(result.ended).toBe(true)
    expect(result.completion).toEqual({
      finishReason: 'stop',
      rawFinishReason: 'completed',
      usage: { inputTokens: 1, outputTokens: 2 },
      model: 'answered',
      responseId: 'r',
    })
  })

  test('needs no response in it', () => {
    for (const response of [undefined, null, 7, [], {}]) {
      const { completion } = read(text('a'), { type: 'response.completed', response })
      expect(completion).toEqual({ finishReason: 'stop', rawFinishReason: 'completed', usage: {} })
    }
  })

  test('waits for tool results if calls were made', () => {
    const { completion } = read(done(0, call('f', 'c', 'f', '{}')), completed())
    expect([completion?.finishReason, completion?.rawFinishReason]).toEqual([
      'tool-calls',
      'completed',
    ])
  })

  test('does not wait for the calls that the server answers itself', () => {
    const search = { type: 'web_search_call', id: 's', action: {} }
    expect(read(done(0, search), completed()).completion?.finishReason).toBe('stop')
  })

  test('is `other` if the answer waits for something that is not the result of a function', () => {
    const search = { type: 'tool_search_call', id: 's', call_id: 'c', execution: 'client' }
    const types = ['local_shell_call', 'shell_call', 'apply_patch_call', 'computer_call']
    for (const item of [
      ...types.map((type) => ({ type, id: 's', call_id: 'c' })),
      { type: 'mcp_approval_request', id: 's' },
      search,
    ]) {
      const { completion } = read(done(0, item), completed())
      expect([item.type, completion?.finishReason]).toEqual([item.type, 'other'])
    }
    const shell = { type: 'shell_call', id: 's', call_id: 'c' }
    const output = { type: 'shell_call_output', id: 'o', call_id: 'c', output: [] }
    for (const items of [[shell, output], [{ ...search, execution: 'server' }]]) {
      const events = items.map((item, index) => done(index, item))
      expect(read(...events, completed()).completion?.finishReason).toBe('stop')
    }
  })

  test('comes under the names of gateways too', () => {
    const response = { status: 'completed', output: [] }
    expect(read({ type: 'response.done', response }).completion?.finishReason).toBe('stop')
    expect(read({ type: 'response.cancelled' }).error?.message).toContain('"cancelled"')
  })

  test('has a reason where the response is incomplete', () => {
    for (const [reason, finishReason] of [
      ['max_output_tokens', 'length'],
      ['max_tokens', 'length'],
      ['content_filter', 'content-filter'],
      ['something_new', 'other'],
      ['__proto__', 'other'],
      [undefined, 'other'],
    ]) {
      const response = { status: 'incomplete', incomplete_details: { reason } }
      for (const type of ['response.incomplete', 'response.completed']) {
        const { completion } = read(done(0, call('f', 'c', 'f', '{}')), { type, response })
        expect([completion?.finishReason, completion?.rawFinishReason]).toEqual([
          finishReason,
          'incomplete',
        ])
      }
    }
  })
})

describe('errors', () => {
  test('throw after the content before them', () => {
    const error = { code: 'rate_limit_exceeded', message: 'slow down' }
    const result = read(text('a'), { type: 'response.failed', response: { error } })
    expect(shown(result)).toEqual(['0 text a'])
    expect(result.error?.code).toBe('rate-limit')
    expect(result.error?.message).toBe('p: slow down (rate_limit_exceeded)')
  })

  test('are known by the reason of an incomplete response', () => {
    const response = { status: 'incomplete', incomplete_details: { reason: 'server_error' } }
    const result = read(text('a'), { type: 'response.incomplete', response })
    expect([shown(result), result.error?.code]).toEqual([['0 text a'], 'server'])
  })

  test('may be an event, nested or flat, with the name alone, or without a type', () => {
    const error = { code: 'rate_limit_exceeded', message: 'boom' }
    const events = [{ type: 'error', error }, { type: 'error', ...error }, { error }, error]
    for (const event of events) {
      const result = read(text('a'), event)
      expect([result.error?.code, shown(result)]).toEqual(['rate-limit', ['0 text a']])
    }
    const named = (): void => new ResponsesDecoder('p').decode('model crashed', 'error', [])
    expect(named).toThrow('p: model crashed')
  })

  test('are responses that failed or were cancelled, whatever the event is called', () => {
    expect(read({ type: 'response.failed' }).error?.message).toContain('"failed"')
    for (const status of ['failed', 'cancelled']) {
      expect(read(completed({ status })).error?.message).toContain(`"${status}"`)
    }
    expect(read(completed({ error: { message: 'boom' } })).error?.message).toBe('p: boom')
  })

  test('are not seen where the field is there but empty', () => {
    expect(read(completed({ error: null })).completion?.finishReason).toBe('stop')
  })

  test('are `protocol` for data that is not JSON', () => {
    expect(read('{"type":').error?.code).toBe('protocol')
  })
})

describe('text', () => {
  test('has a block for each part of each message', () => {
    const result = read(
      text('a'),
      text('b'),
      text('c', { content_index: 1 }),
      text('d', { output_index: 1, item_id: 'n' }),
      text('e'),
    )
    expect(shown(result)).toEqual(['0 text a', '0 text b', '1 text c', '2 text d', '0 text e'])
  })

  test('counts once, however often it is repeated', () => {
    const repeated = message(outputText('ab'))
    const result = read(
      added(0, { type: 'message', id: 'm', content: [] }),
      text('a'),
      text('b'),
      { type: 'response.output_text.done', output_index: 0, item_id: 'm', text: 'ab' },
      { type: 'response.content_part.done', output_index: 0, part: outputText('ab') },
      done(0, repeated),
      completed({ output: [repeated] }),
    )
    expect(shown(result)).toEqual(['0 text a', '0 text b'])
  })

  test('may come without fragments', () => {
    const whole = message(outputText('ab'))
    const textDone = { type: 'response.output_text.done', output_index: 0, text: 'ab' }
    for (const events of [
      [textDone, done(0, whole), completed({ output: [whole] })],
      [added(0, { type: 'message', id: 'm' }), done(0, whole), completed()],
      [done(undefined, whole), completed({ output: [whole] })],
      [added(0, { type: 'message', id: 'other' }), completed({ output: [whole] })],
      [completed({ output: [whole] })],
    ]) {
      expect(shown(read(...events))).toEqual(['0 text ab'])
    }
  })

  test('is known without ids and indexes', () => {
    const bare = (delta: string): unknown => ({ type: 'response.output_text.delta', delta })
    const result = read(bare('a'), bare('b'), done(undefined, message(outputText('ab'))))
    expect(shown(result)).toEqual(['0 text a', '0 text b'])
  })

  test('stays in its block if the id of the item changes with every event', () => {
    const result = read(
      added(0, { type: 'message', id: 'x1' }),
      text('a', { item_id: 'x2' }),
      text('b', { item_id: 'x3' }),
      done(0, { ...message(outputText('ab')), id: 'x4' }),
      completed({ output: [{ ...message(outputText('ab')), id: 'x5' }] }),
    )
    expect(shown(result)).toEqual(['0 text a', '0 text b'])
  })

  test('is a refusal too, and the finish reason says so', () => {
    const part = { type: 'refusal', refusal: 'No.' }
    const delta = { type: 'response.refusal.delta', output_index: 0, item_id: 'm', delta: 'No.' }
    const refusalDone = { type: 'response.refusal.done', item_id: 'm', refusal: 'No.' }
    for (const events of [
      [delta, refusalDone, done(0, message(part)), completed({ output: [message(part)] })],
      [refusalDone, completed()],
      [done(0, message(part)), completed()],
      [completed({ output: [message(part)] })],
    ]) {
      const result = read(...events)
      expect(shown(result)).toEqual(['0 text No.'])
      expect(result.completion?.finishReason).toBe('content-filter')
    }
  })
})

describe('reasoning', () => {
  const summary = (delta: string, part: number): unknown => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    item_id: 'r',
    summary_index: part,
    delta,
  })
  const raw = (delta: string): unknown => ({
    type: 'response.reasoning_text.delta',
    item_id: 'r',
    delta,
  })
  const item = (more: object = {}): object => ({ type: 'reasoning', id: 'r', summary: [], ...more })
  const signature = 'openai-responses:{"id":"r","encrypted_content":"xyz"}'

  test('has a block for each part of its summary, and its signature on the last', () => {
    const texts = ['a', 'b'].map((part) => ({ type: 'summary_text', text: part }))
    const whole = item({ summary: texts, encrypted_content: 'xyz' })
    const result = read(summary('a', 0), summary('b', 1), done(0, whole))
    expect(shown(result)).toEqual(['0 reasoning a', '1 reasoning b', `1 reasoning  (${signature})`])
    expect(result.out[2]).toEqual({
      type: 'content',
      index: 1,
      kind: 'reasoning',
      text: '',
      signature,
    })
    expect(read(done(0, whole)).out).toEqual(result.out)
  })

  test('is its summary or its raw text, never both', () => {
    expect(shown(read(summary('a', 0), raw('b')))).toEqual(['0 reasoning a'])
    expect(shown(read(raw('a'), summary('b', 0)))).toEqual(['0 reasoning a'])
    const content = [{ type: 'reasoning_text', text: 'b' }]
    expect(shown(read(done(0, item({ content }))))).toEqual(['0 reasoning b'])
    const both = item({ content, summary: [{ type: 'summary_text', text: 'a' }] })
    expect(shown(read(done(0, both), completed({ output: [both] })))).toEqual(['0 reasoning a'])
  })

  test('is redacted where nothing of it is shown, with what the end of the item says', () => {
    const result = read(
      added(0, item({ encrypted_content: 'early' })),
      done(0, item({ encrypted_content: 'xyz' })),
      completed({ output: [item({ encrypted_content: 'late' })] }),
    )
    expect(result.out).toEqual([
      { type: 'content', index: 0, kind: 'reasoning', text: '', signature, redacted: true },
    ])
  })

  test('is nothing where it is neither shown nor encrypted', () => {
    expect(read(added(0, item()), done(0, item({ encrypted_content: '' }))).out).toEqual([])
  })

  test('may be repeated after the text, in another order and under other ids', () => {
    const content = [{ type: 'reasoning_text', text: 'a' }]
    const result = read(
      added(0, item()),
      raw('a'),
      text('b', { output_index: 1 }),
      done(1, message(outputText('b'))),
      done(0, item({ content })),
      completed({ output: [message(outputText('b')), { ...item({ content }), id: 'r2' }] }),
    )
    expect(shown(result)).toEqual(['0 reasoning a', '1 text b'])
  })
})

describe('a tool call', () => {
  test('is announced, and its arguments come in fragments, also of two at once', () => {
    const result = read(
      added(0, call('fa', 'a', 'f', '')),
      added(1, call('fb', 'b', 'g', '')),
      fragment(0, 'fa', '{"x"'),
      fragment(1, 'fb', '{}'),
      fragment(0, 'fa', ':1}'),
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"x":1}' },
      done(0, call('fa', 'a', 'f', '{"x":1}')),
      done(1, call('fb', 'b', 'g', '{}')),
      completed({ output: [call('fa', 'a', 'f', '{"x":1}'), call('fb', 'b', 'g', '{}')] }),
    )
    expect(shown(result)).toEqual(['0 a f ', '1 b g ', '0 a f {"x"', '1 b g {}', '0 a f :1}'])
  })

  test('is known by its id where there are no indexes, and by its index where the id changes', () => {
    for (const [index, ids] of [
      [undefined, ['fa', 'fa', 'fa']],
      [0, ['fa', 'fx', 'fy']],
    ] as const) {
      const result = read(
        added(index, call(ids[0], 'a', 'f', '')),
        added(index === undefined ? undefined : 1, call('fb', 'b', 'g', '')),
        fragment(index, ids[1], '{}'),
        done(index, call(ids[2], 'a', 'f', '{}')),
        done(index === undefined ? undefined : 1, call('fb', 'b', 'g', '{}')),
      )
      expect(shown(result)).toEqual(['0 a f ', '1 b g ', '0 a f {}', '1 b g {}'])
    }
  })

  test('is one of its own where all items have index 0', () => {
    const result = read(
      added(0, call('fa', 'a', 'f', '')),
      added(0, call('fb', 'b', 'g', '')),
      fragment(0, 'fa', '{"x"'),
      fragment(0, 'fb', '{"y"'),
      done(0, call('fa', 'a', 'f', '{"x"')),
      done(0, call('fb', 'b', 'g', '{"y"')),
      done(0, call('fc', 'c', 'h', '{}')),
    )
    expect(shown(result)).toEqual(['0 a f ', '1 b g ', '0 a f {"x"', '1 b g {"y"', '2 c h {}'])
  })

  test('has its arguments whole, wherever they come', () => {
    const whole = call('fa', 'a', 'f', '{"x":1}')
    const empty = call('fa', 'a', 'f', '')
    const argumentsDone = {
      type: 'response.function_call_arguments.done',
      item_id: 'fa',
      output_index: 0,
      arguments: '{"x":1}',
    }
    for (const events of [
      [added(0, empty), done(0, whole), completed({ output: [whole] })],
      [added(0, empty), argumentsDone, done(0, whole), completed()],
      [added(0, empty), completed({ output: [whole] })],
      [added(0, whole), done(0, whole), completed()],
      [added(0, whole), completed()],
      [added(0, whole), fragment(0, 'fa', '{"x"'), fragment(0, 'fa', ':1}'), done(0, whole)],
      [done(0, whole), completed({ output: [{ ...whole, id: 'other', call_id: 'again' }] })],
      [argumentsDone, done(0, whole), completed()],
      [completed({ output: [whole] })],
      [done(0, call('fa', 'a', 'f', { x: 1 })), completed()],
    ]) {
      const result = read(...events)
      expect(inputsOf(result)).toEqual(['{"x":1}'])
      expect(new Set(shown(result).map((line) => line.split(' ', 3).join(' ')))).toEqual(
        new Set(['0 a f']),
      )
    }
  })

  test('waits for its name, and has an id of its own where none was sent', () => {
    const late = read(added(0, call('fa', 'a', undefined, '')), fragment(0, 'fa', '{'))
    expect(late.out).toEqual([])
    const result = read(
      fragment(0, 'fa', '{'),
      fragment(0, 'fa', '}'),
      done(0, call('fa', 'a', 'f', '{}')),
    )
    expect(shown(result)).toEqual(['0 a f {}'])
    expect(shown(read(done(0, call('fa', undefined, 'f', '{}'))))).toEqual(['0 fa f {}'])
    const [event] = read(done(0, call(undefined, undefined, 'f', '{}'))).out
    expect(event).toMatchObject({ name: 'f', id: expect.stringMatching(/^call_\w{6,}$/) })
  })

  test('may be of a tool that takes plain text', () => {
    const custom = { type: 'custom_tool_call', id: 'fa', call_id: 'a', name: 'f', input: '' }
    const result = read(
      added(0, custom),
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'SELECT' },
      done(0, { ...custom, input: 'SELECT' }),
      completed(),
    )
    expect(shown(result)).toEqual(['0 a f ', '0 a f SELECT'])
    expect(result.completion?.finishReason).toBe('tool-calls')
  })
})

describe('beside the text', () => {
  const page = { type: 'url_citation', url: 'https://a.test/', title: 'A' }
  const file = { type: 'file_citation', file_id: 'f', filename: 'a.txt' }

  test('citations are sources, once', () => {
    const annotation = (value: unknown): unknown => ({
      type: 'response.output_text.annotation.added',
      output_index: 0,
      item_id: 'm',
      annotation: value,
    })
    const whole = message(outputText('ab', [page, file]))
    const streamed = read(
      text('a'),
      annotation(page),
      annotation(file),
      text('b'),
      done(0, whole),
      completed({ output: [whole] }),
    )
    expect(shown(streamed)).toEqual([
      '0 text a',
      '1 source https://a.test/ A',
      '2 source undefined a.txt',
      '0 text b',
    ])
    expect(streamed.out[1]).toMatchObject({ raw: page })
    expect(shown(read(done(0, whole), completed({ output: [whole] })))).toEqual([
      '0 text ab',
      '1 source https://a.test/ A',
      '2 source undefined a.txt',
    ])
  })

  test('the pages that a search read are sources', () => {
    const action = { type: 'search', sources: [{ type: 'url', url: 'https://a.test/' }] }
    const search = { type: 'web_search_call', id: 'w', action }
    expect(shown(read(done(0, search)))).toEqual([
      `0 openai-responses web_search_call ${JSON.stringify(search)}`,
      '1 source https://a.test/ undefined',
    ])
  })

  test('images are files', () => {
    const image = (result: unknown, format?: string): object => ({
      type: 'image_generation_call',
      id: 'i',
      result,
      output_format: format,
    })
    const files = (...events: unknown[]): string[] =>
      shown(read(...events)).filter((line) => line.includes(' file '))
    const whole = image('UklGRg==')
    expect(files(added(0, image(null)), done(0, whole), completed({ output: [whole] }))).toEqual([
      '1 file image/webp UklGRg==',
    ])
    expect(files(done(0, image('AAAA', 'jpeg')))).toEqual(['1 file image/jpeg AAAA'])
    expect(files(done(0, image('AAAA', 'svg')))).toEqual(['1 file image/svg+xml AAAA'])
    expect(files(completed({ output: [image('AAAA')] }))).toEqual(['1 file image/png AAAA'])
    expect(files(done(0, image(null)), done(1, image('https://a.test/x.png')))).toEqual([])
  })

  test('events that are not known pass by', () => {
    const result = read(
      { type: 'response.queued' },
      { type: 'response.mcp_call_arguments.delta', output_index: 0, delta: '{}' },
      added(0, { type: 7 }),
      done(0, { content: [outputText('x')] }),
      { type: 'response.something_new.delta', delta: 'x' },
      '',
      completed({ output: [{ type: null }] }),
    )
    expect(result.out).toEqual([])
    expect(result.completion?.finishReason).toBe('stop')
  })
})

test('usage has cached, written and reasoning tokens', () => {
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 15,
  }
  expect(read(completed({ usage })).completion?.usage).toEqual({
    inputTokens: 10,
    outputTokens: 5,
    totalTokens: 15,
    reasoningTokens: 4,
    cachedInputTokens: 2,
    cacheWriteInputTokens: 3,
  })
})

const types = [
  'response.output_text.delta',
  'response.output_text.done',
  'response.output_text.annotation.added',
  'response.refusal.delta',
  'response.refusal.done',
  'response.reasoning_summary_text.delta',
  'response.reasoning_text.delta',
  'response.function_call_arguments.delta',
  'response.function_call_arguments.done',
  'response.custom_tool_call_input.done',
  'response.output_item.added',
  'response.output_item.done',
  'response.image_generation_call.partial_image',
  'response.created',
  'response.completed',
  'response.incomplete',
  'response.failed',
  'error',
]
const odd = fc.constantFrom<unknown>(null, 0, '', 'x', true, [], [null], {}, [{}], [[]], -1, 2.5)
const oddItem = fc.record(
  {
    type: fc.constantFrom<unknown>(
      'message',
      'reasoning',
      'function_call',
      'custom_tool_call',
      'image_generation_call',
      'web_search_call',
      'something_new',
      null,
      7,
    ),
    id: fc.oneof(odd, fc.constant('msg_1')),
    phase: fc.oneof(odd, fc.constant('commentary')),
    call_id: odd,
    name: odd,
    arguments: odd,
    input: odd,
    content: fc.oneof(odd, fc.array(fc.record({ text: odd, refusal: odd, annotations: odd }))),
    summary: odd,
    encrypted_content: odd,
    result: odd,
    output_format: odd,
    action: fc.oneof(odd, fc.record({ sources: odd })),
  },
  { requiredKeys: [] },
)
const oddEvent = fc.record(
  {
    type: fc.oneof(fc.constantFrom<unknown>(...types), odd),
    output_index: odd,
    item_id: odd,
    content_index: odd,
    summary_index: odd,
    delta: odd,
    logprobs: odd,
    partial_image_b64: odd,
    output_format: odd,
    text: odd,
    refusal: odd,
    arguments: odd,
    annotation: odd,
    error: fc.constantFrom<unknown>(undefined, null, '', 'x', {}, []),
    item: fc.oneof(odd, oddItem),
    response: fc.oneof(
      odd,
      fc.record(
        { output: fc.oneof(odd, fc.array(oddItem)), status: odd, usage: odd, error: odd },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
)

test('data of any shape is read without a TypeError, and content is always well formed', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(oddEvent, odd), { maxLength: 8 }), (events) => {
      for (const event of read(...events).out) {
        expect(event.index).toBeGreaterThanOrEqual(0)
        if (event.kind === 'tool-call') {
          expect(event.id).not.toBe('')
          expect([typeof event.name, typeof event.input]).toEqual(['string', 'string'])
        }
        if (event.kind === 'text' && event.signature === undefined) {
          expect(event.text).not.toBe('')
        }
      }
    }),
    { numRuns: 2_000 },
  )
})
