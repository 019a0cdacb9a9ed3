import { describe, expect, test } from 'vitest'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { inputsOf, readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new MessagesDecoder('p'))

const begin = (index: number, content_block: object): unknown => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (index: number, type: string, fields: object): unknown => ({
  type: 'content_block_delta',
  index,
  delta: { type, ...fields },
})
const json = (index: number, value: string): unknown =>
  delta(index, 'input_json_delta', { partial_json: value })
const stop = (index: number): unknown => ({ type: 'content_block_stop', index })
const finish = (stop_reason: string, more: object = {}): unknown => ({
  type: 'message_delta',
  delta: { stop_reason },
  ...more,
})
const started = (message: object): unknown => ({ type: 'message_start', message })
const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }

/** The data of the last event at each place. */
function blocksOf(result: ReturnType<typeof read>): unknown[] {
  const blocks = new Map<number, unknown>()
  for (const event of result.out) if (event.kind === 'provider') blocks.set(event.index, event.data)
  return [...blocks.values()]
}

describe('a block that only the provider understands', () => {
  test('is shown when it begins, and replaced by the whole block when it stops', () => {
    const result = read(
      started({ model: 'claude-opus-5' }),
      begin(0, search),
      json(0, ''),
      json(0, '{"query":'),
      json(0, '"q"}'),
      stop(0),
    )
    const start = '{"type":"server_tool_use","id":"s","name":"web_search","input":{}} (partial)'
    const whole = '{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}'
    expect(shown(result)).toEqual([
      `0 anthropic-messages/anthropic server_tool_use ${start}`,
      `0 anthropic-messages/anthropic server_tool_use ${whole}`,
    ])
    expect(result.completion).toBeUndefined()
  })

  test('is sent once if it answers another one, because nothing follows its start', () => {
    const found = { type: 'web_search_result', url: 'https://a.test/', title: 'A' }
    const result = read(
      begin(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [found] }),
      stop(1),
      begin(2, { type: 'text', text: 'a' }),
    )
    expect(shown(result)).toEqual([
      `0 anthropic-messages web_search_tool_result {"type":"web_search_tool_result","tool_use_id":"s","content":[${JSON.stringify(found)}]}`,
      '1 source https://a.test/ A',
      '2 text a',
    ])
  })

  test('is whole at the end of the answer, at a start with its index, and at text with its index', () => {
    for (const next of [
      finish('end_turn'),
      { type: 'message_stop' },
      begin(0, { type: 'text', text: '' }),
      delta(0, 'text_delta', { text: 'a' }),
    ]) {
      const { out } = read(begin(0, search), json(0, '{"a":1}'), next)
      expect(out.filter(({ kind }) => kind === 'provider').at(-1)).toEqual({
        type: 'content',
        index: 0,
        kind: 'provider',
        name: 'server_tool_use',
        origin: 'anthropic-messages',
        data: { ...search, input: { a: 1 } },
      })
    }
  })

  test('stays partial if the answer breaks off', () => {
    const { out } = read(begin(0, search), json(0, '{"a"'))
    expect(out).toHaveLength(1)
    expect(out[0]).toMatchObject({ kind: 'provider', partial: true, data: search })
  })

  test('does not change once it was emitted', () => {
    const result = read(begin(0, search), json(0, '{"a":1}'), stop(0), json(0, '{"b":2}'), stop(0))
    expect(result.out.map((event) => (event as { data: { input: unknown } }).data.input)).toEqual([
      {},
      { a: 1 },
    ])
  })

  test('keeps an input that came whole, and one that is no JSON as text', () => {
    const whole = { ...search, input: { a: 1 } }
    expect(blocksOf(read(begin(0, whole), stop(0)))).toEqual([whole])
    expect(blocksOf(read(begin(0, whole), json(0, ''), stop(0)))).toEqual([whole])
    const cut = read(begin(0, search), json(0, '{"a'), finish('max_tokens'))
    expect(blocksOf(cut)).toEqual([{ ...search, input: { invalid_json: '{"a' } }])
  })

  test('gets a summary whole, and grows by deltas of a kind that is not known', () => {
    const compaction = { type: 'compaction', content: null }
    expect(
      blocksOf(
        read(
          begin(0, compaction),
          delta(0, 'compaction_delta', { content: 'Summary', encrypted_content: null }),
          stop(0),
        ),
      ),
    ).toEqual([{ type: 'compaction', content: 'Summary', encrypted_content: null }])
    const later = read(
      begin(0, { type: 'later', note: 'a', list: [1], signature: 'x' }),
      delta(0, 'note_delta', { note: 'b', list: [2] }),
      delta(0, 'note_delta', { note: 'c', ['__proto__']: 1, more: { x: 1 } }),
      delta(0, 'signature_delta', { signature: 'y' }),
      stop(0),
    )
    expect(JSON.stringify(blocksOf(later)[0])).toBe(
      '{"type":"later","note":"abc","list":[2],"signature":"y","__proto__":1,"more":{"x":1}}',
    )
  })

  test('takes deltas of text only if it has text', () => {
    const result = read(
      begin(0, { type: 'later', text: 'a' }),
      delta(0, 'text_delta', { text: 'b' }),
      stop(0),
      begin(1, search),
      delta(1, 'text_delta', { text: 'c' }),
    )
    expect(blocksOf(result)[0]).toEqual({ type: 'later', text: 'ab' })
    expect(shown(result).at(-1)).toBe('2 text c')
  })

  test('keeps its place between thoughts, text and calls', () => {
    const result = read(
      begin(0, { type: 'thinking', thinking: 'a', signature: '' }),
      begin(1, search),
      stop(1),
      begin(2, { type: 'mcp_tool_result', tool_use_id: 's', content: [] }),
      begin(3, { type: 'thinking', thinking: 'b', signature: '' }),
      begin(4, { type: 'tool_use', id: 't', name: 'f', input: {} }),
      begin(5, { type: 'container_upload', file_id: 'f' }),
      finish('tool_use'),
    )
    const kinds = new Map(result.out.map(({ index, kind }) => [index, kind]))
    expect([...kinds.values()]).toEqual([
      'reasoning',
      'provider',
      'provider',
      'reasoning',
      'tool-call',
      'provider',
    ])
  })

  test('may be in message_start, names the model that took over, and needs a type', () => {
    const to = { model: 'claude-opus-4-8' }
    const result = read(
      started({ model: 'claude-fable-5', content: [{ type: 'fallback', to }] }),
      begin(0, { text: 'a' }),
      finish('end_turn'),
    )
    expect(blocksOf(result)).toEqual([{ type: 'fallback', to }])
    expect(result.completion?.model).toBe('claude-opus-4-8')
  })
})

test('a call keeps who called it in its signature', () => {
  const caller = { type: 'code_execution_20260120', tool_id: 's' }
  const result = read(
    started({ model: 'claude-opus-5' }),
    begin(0, { type: 'tool_use', id: 't', name: 'f', input: {}, caller }),
    json(0, '{}'),
    stop(0),
  )
  expect(result.out[0]).toMatchObject({
    signature: `anthropic-messages/anthropic:${JSON.stringify({ caller })}`,
  })
  expect(inputsOf(result)).toEqual(['{}'])
})

describe('the provider’s own words at the end', () => {
  function rawOf(...events: unknown[]): MessagesDecoder {
    const decoder = new MessagesDecoder('p')
    for (const event of events) decoder.decode(JSON.stringify(event), undefined, [])
    return decoder
  }

  test('are its usage, its reason, and what stands beside the message', () => {
    const iterations = [{ type: 'compaction', input_tokens: 5, output_tokens: 2 }]
    const decoder = rawOf(
      started({
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'x',
        content: [],
        stop_reason: null,
        container: null,
        diagnostics: { cache_miss_reason: null },
        usage: { input_tokens: 1, output_tokens: 1, service_tier: 'standard', speed: null },
      }),
      finish('refusal', {
        delta: {
          stop_reason: 'refusal',
          stop_sequence: null,
          stop_details: { type: 'refusal', category: 'cyber' },
          container: { id: 'c', expires_at: 't' },
        },
        usage: { output_tokens: 7, server_tool_use: { web_search_requests: 1 }, iterations },
        context_management: { applied_edits: [] },
      }),
    )
    expect(decoder.raw()).toEqual({
      usage: {
        input_tokens: 1,
        output_tokens: 7,
        service_tier: 'standard',
        speed: null,
        server_tool_use: { web_search_requests: 1 },
        iterations,
      },
      finish: {
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: 'cyber' },
        container: { id: 'c', expires_at: 't' },
      },
      container: { id: 'c', expires_at: 't' },
      diagnostics: { cache_miss_reason: null },
      context_management: { applied_edits: [] },
    })
    expect(decoder.responseId).toBe('m')
  })

  test('are absent if it said none', () => {
    expect(rawOf({ type: 'ping' }).raw()).toBeUndefined()
  })

  test('count compaction, each iteration, and the caches of each, but not another model', () => {
    const usageOf = (usage: object) => rawOf(finish('end_turn', { usage })).finished()?.usage
    expect(
      usageOf({
        input_tokens: 23,
        output_tokens: 10,
        output_tokens_details: { thinking_tokens: 4 },
        iterations: [
          { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500 },
          { type: 'advisor_message', model: 'x', input_tokens: 900, output_tokens: 90 },
          {
            type: 'message',
            input_tokens: 23,
            output_tokens: 10,
            cache_read_input_tokens: 7,
            cache_creation_input_tokens: 2,
          },
        ],
      }),
    ).toEqual({
      inputTokens: 180_032,
      outputTokens: 3_510,
      totalTokens: 183_542,
      reasoningTokens: 4,
      cachedInputTokens: 7,
      cacheWriteInputTokens: 2,
    })
    for (const iterations of [null, [], [{}], 'x', [{ input_tokens: 'x' }]]) {
      expect(usageOf({ input_tokens: 2, output_tokens: 1, iterations })).toMatchObject({
        inputTokens: 2,
        outputTokens: 1,
      })
    }
  })
})
