import { describe, expect, test, vi } from 'vitest'
import type { FinishReason, StreamEvent } from '../../src/base/events.js'
import { openaiChat } from '../../src/entries/formats.js'
import { StreamError } from '../../src/entries/index.js'
import { answer, complete, failed, nasty, pythonLines, retry, text } from './events.js'

interface Chunk {
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[]
  usage?: unknown
}

function chunksOf(events: readonly StreamEvent[], options = {}): Chunk[] {
  const frames = openaiChat(options).encoder().encode(events).split('\n\n')
  return frames
    .filter((frame) => frame !== '' && frame !== 'data: [DONE]')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')))
}

function deltasOf(events: readonly StreamEvent[]): unknown[] {
  return chunksOf(events).map(({ choices }) => choices?.[0]?.delta)
}

describe('openaiChat()', () => {
  test('writes every chunk byte for byte as OpenAI does', () => {
    vi.useFakeTimers({ now: 1_700_000_000_999 })
    const out = openaiChat({ includeUsage: true }).encoder().encode(answer)
    vi.useRealTimers()
    const head =
      '"id":"chatcmpl-s","object":"chat.completion.chunk","created":1700000000,"model":"m","usage":null'
    expect(out).toBe(
      [
        `data: {${head},"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`,
        `data: {${head},"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}`,
        `data: {${head},"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}`,
        `data: {${head},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
        'data: {"id":"chatcmpl-s","object":"chat.completion.chunk","created":1700000000,"model":"m","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"choices":[]}',
        'data: [DONE]',
        '',
      ].join('\n\n'),
    )
  })

  test.each(nasty)('keeps $name, on one line for every reader', ({ value }) => {
    expect(
      pythonLines(
        openaiChat()
          .encoder()
          .encode([text(value)]),
      ),
    ).toHaveLength(1)
    expect(deltasOf([text(value)])).toEqual([{ content: value }])
  })

  test('sends calls at the end, and those only that have no result', () => {
    const call = (index: number, input: string): StreamEvent => {
      return { type: 'content', index, kind: 'tool-call', id: `c${index}`, name: 't', input }
    }
    const result = (id: string, output: string, preliminary?: true): StreamEvent => {
      const about = { type: 'content', index: 9, kind: 'tool-result', id, name: 't' } as const
      return { ...about, output, ...(preliminary ? { preliminary } : {}) }
    }
    const calls = [text('a'), call(3, ''), text('b'), call(5, '{}'), call(3, '{"x":1}')]
    const whole = { ...complete, finishReason: 'tool-calls' } as const
    const waiting = { index: 0, id: 'c3', type: 'function' }
    expect(deltasOf([...calls, result('c5', 'early', true), result('c5', 'out'), whole])).toEqual([
      { content: 'a' },
      { content: 'b' },
      { tool_calls: [{ ...waiting, function: { name: 't', arguments: '{"x":1}' } }] },
      {},
    ])
    expect(deltasOf([...calls, failed(new StreamError('network', 'x'))]).slice(2)).toEqual([
      undefined,
    ])
  })

  test('a restart is an error only if something of its step has been sent', () => {
    const restart = { ...retry('restart'), from: 2 }
    const typesOf = (events: readonly StreamEvent[]): string =>
      openaiChat().encoder().encode(events)
    expect(typesOf([text('a', 1), restart, text('b', 2)])).not.toContain('retracted')
    expect(typesOf([text('a', 1), text('b', 2), restart])).toContain('retracted')
  })

  test('writes sources, images and reasoning as other servers of this form do', () => {
    expect(
      deltasOf([
        { type: 'content', index: 0, kind: 'reasoning', text: 'Hm', signature: 's' },
        { type: 'content', index: 1, kind: 'source', url: 'https://x.test/', title: 'X' },
        { type: 'content', index: 2, kind: 'file', mediaType: 'image/png', data: 'AAAA' },
      ]),
    ).toEqual([
      { reasoning_content: 'Hm' },
      {
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://x.test/', title: 'X' } },
        ],
      },
      { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    ])
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool_calls'],
    ['content-filter', 'content_filter'],
    ['pause', 'stop'],
    ['other', 'stop'],
  ] satisfies [FinishReason, string][])('says %s as %s', (finishReason, word) => {
    const [chunk] = chunksOf([{ ...complete, finishReason }])
    expect(chunk?.choices[0]?.finish_reason).toBe(word)
  })

  test('breaks usage down, and does not say zero for what the provider did not say', () => {
    const usage = { inputTokens: 9, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 3 }
    expect(chunksOf([{ ...complete, usage }], { includeUsage: true })[1]?.usage).toEqual({
      prompt_tokens: 9,
      completion_tokens: 5,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    })
    expect(chunksOf([{ ...complete, usage: {} }], { includeUsage: true })).toHaveLength(1)
    expect(chunksOf([complete])).toHaveLength(1)
  })

  test('says a restart after content, an error and an abort in-band, and never [DONE] after', () => {
    const encoder = openaiChat().encoder()
    expect(encoder.encode([retry('restart')])).toBe('')
    expect(encoder.encode([text('a'), retry('continue'), text('b')])).toContain('"content":"b"')
    expect(encoder.ended).toBeUndefined()
    const out = encoder.encode([retry('restart'), text('c'), complete])
    expect(JSON.parse(out.replace('data: ', ''))).toEqual({
      error: {
        message: 'The answer was restarted. Try again.',
        type: 'server_error',
        param: null,
        code: 'retracted',
      },
    })
    expect(encoder.ended).toMatchObject({ code: 'retracted' })
    for (const code of ['network', 'aborted', 'quota'] as const) {
      const error = openaiChat()
        .encoder()
        .encode([failed(new StreamError(code, 'sk-secret'))])
      expect(error).toMatch(/^data: \{"error":\{[^\n]*\}\}\n\n$/)
      expect(error).not.toContain('sk-secret')
    }
  })

  test("answers an early failure with a body in OpenAI's form", () => {
    const format = openaiChat()
    expect(format.earlyStatus).toBe(true)
    expect(openaiChat({ earlyStatus: false }).earlyStatus).toBe(false)
    const error = new StreamError('context-length', '200000 tokens of sk-secret')
    expect(JSON.parse(format.failure(error).body)).toEqual({
      error: {
        message: 'The conversation is too long for the model.',
        type: 'invalid_request_error',
        param: null,
        code: 'context_length_exceeded',
      },
    })
  })

  test('tells the client the model that it asked for', () => {
    const [chunk] = chunksOf(answer.slice(0, 1), { model: 'gpt-5.5' })
    expect(chunk).toMatchObject({ model: 'gpt-5.5' })
    expect(() => openaiChat({ model: 1 } as never)).toThrow('openaiChat.model')
    expect(() => openaiChat({ includeUsage: 'yes' } as never)).toThrow('openaiChat.includeUsage')
  })
})
