import { describe, expect, test } from 'vitest'
import type { CompleteEvent, StreamEvent } from '../../src/base/events.js'
import { aiSdk } from '../../src/entries/formats.js'
import { StreamError, toResponse } from '../../src/entries/index.js'
import { answer, complete, failed, nasty, pythonLines, retry, text } from './events.js'

/** The parts that events become. */
function partsOf(events: readonly StreamEvent[], options = {}): Record<string, unknown>[] {
  const out = aiSdk(options).encoder().encode(events)
  return out
    .split('\n\n')
    .filter((frame) => frame !== '' && frame !== 'data: [DONE]')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')))
}

describe('aiSdk()', () => {
  test('writes every part byte for byte as the AI SDK does', async () => {
    async function* events() {
      yield* answer
    }
    const response = await toResponse(events(), aiSdk({ messageId: 'msg' }))
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-vercel-ai-ui-message-stream': 'v1',
    })
    expect(await response.text()).toBe(
      [
        'data: {"type":"start","messageId":"msg"}',
        'data: {"type":"start-step"}',
        'data: {"type":"text-start","id":"0"}',
        'data: {"type":"text-delta","id":"0","delta":"Hel"}',
        'data: {"type":"text-delta","id":"0","delta":"lo"}',
        'data: {"type":"text-end","id":"0"}',
        'data: {"type":"finish-step"}',
        'data: {"type":"finish","finishReason":"stop","messageMetadata":{"model":"m-1","usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}}',
        'data: [DONE]',
        '',
      ].join('\n\n'),
    )
  })

  test.each(nasty)('keeps $name, on one line for every reader', ({ value }) => {
    const out = aiSdk()
      .encoder()
      .encode([text(value)])
    expect(pythonLines(out)).toHaveLength(2)
    expect(partsOf([text(value)])[1]).toEqual({ type: 'text-delta', id: '0', delta: value })
  })

  test('gives reasoning its end when the text begins, with what has to come back', () => {
    const parts = partsOf([
      { type: 'content', index: 0, kind: 'reasoning', text: 'Hm' },
      { type: 'content', index: 0, kind: 'reasoning', text: '', signature: 'sig' },
      text('a', 1),
      { type: 'content', index: 2, kind: 'reasoning', text: '', signature: 'x', redacted: true },
      text('b', 1),
    ])
    expect(parts).toEqual([
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm' },
      { type: 'reasoning-end', id: '0', providerMetadata: { sluice: { signature: 'sig' } } },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'a' },
      { type: 'text-end', id: '1' },
      { type: 'reasoning-start', id: '2' },
      {
        type: 'reasoning-end',
        id: '2',
        providerMetadata: { sluice: { signature: 'x', redacted: true } },
      },
      { type: 'text-start', id: '3' },
      { type: 'text-delta', id: '3', delta: 'b' },
    ])
  })

  test('writes sources and files beside the text without ending it', () => {
    const parts = partsOf([
      text('a'),
      { type: 'content', index: 1, kind: 'source', url: 'https://x.test/', title: 'X', raw: 1 },
      { type: 'content', index: 2, kind: 'source', title: 'A book' },
      { type: 'content', index: 3, kind: 'source', raw: 1 },
      { type: 'content', index: 4, kind: 'file', mediaType: 'image/png', data: 'AAAA' },
      text('b'),
    ])
    expect(parts.slice(2)).toEqual([
      { type: 'source-url', sourceId: 'source-1', url: 'https://x.test/', title: 'X' },
      {
        type: 'source-document',
        sourceId: 'source-2',
        mediaType: 'text/plain',
        title: 'A book',
      },
      { type: 'file', url: 'data:image/png;base64,AAAA', mediaType: 'image/png' },
      { type: 'text-delta', id: '0', delta: 'b' },
    ])
  })

  test('writes the signature of a file, which has to be sent back', () => {
    const file = { kind: 'file', mediaType: 'image/png', data: 'AAAA', signature: 's' } as const
    expect(partsOf([{ type: 'content', index: 0, ...file }])).toEqual([
      {
        type: 'file',
        url: 'data:image/png;base64,AAAA',
        mediaType: 'image/png',
        providerMetadata: { sluice: { signature: 's' } },
      },
    ])
  })

  test('gives calls out once the answer is whole, and refuses arguments that are no JSON', () => {
    const call = (index: number, input: string): StreamEvent => {
      return { type: 'content', index, kind: 'tool-call', id: `c${index}`, name: 't', input }
    }
    const whole: CompleteEvent = {
      ...complete,
      finishReason: 'tool-calls',
      message: {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'c0', name: 't', input: { a: 1 }, signature: 's' },
          { type: 'tool-call', id: 'c1', name: 't', input: '{"b":' },
        ],
      },
    }
    const parts = partsOf([call(0, '{"a":'), call(1, '{"b":'), call(0, '1}'), whole])
    expect(parts).toEqual([
      { type: 'tool-input-start', toolCallId: 'c0', toolName: 't' },
      { type: 'tool-input-delta', toolCallId: 'c0', inputTextDelta: '{"a":' },
      { type: 'tool-input-start', toolCallId: 'c1', toolName: 't' },
      { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"b":' },
      { type: 'tool-input-delta', toolCallId: 'c0', inputTextDelta: '1}' },
      {
        type: 'tool-input-available',
        toolCallId: 'c0',
        toolName: 't',
        input: { a: 1 },
        providerMetadata: { sluice: { signature: 's' } },
      },
      {
        type: 'tool-input-error',
        toolCallId: 'c1',
        toolName: 't',
        input: '{"b":',
        providerMetadata: { sluice: { failed: true } },
        errorText: expect.any(String),
      },
      { type: 'finish-step' },
      expect.objectContaining({ type: 'finish', finishReason: 'tool-calls' }),
    ])
  })

  test('resets the step for a restart, and only if there is something to take back', () => {
    const typesOf = (events: readonly StreamEvent[]): unknown[] =>
      partsOf(events).map(({ type }) => type)
    expect(typesOf([retry('restart')])).toEqual(['data-retry'])
    expect(typesOf([text('a'), retry('continue'), text('b')])).toEqual([
      'text-start',
      'text-delta',
      'data-retry',
      'text-delta',
    ])
    expect(typesOf([text('a'), retry('restart'), retry('restart'), text('b')])).toEqual([
      'text-start',
      'text-delta',
      'reset-step',
      'data-retry',
      'data-retry',
      'text-start',
      'text-delta',
    ])
  })

  test('ends with an error in public words, or with abort', () => {
    const out = aiSdk().encoder()
    const error = new StreamError('network', 'sk-secret')
    expect(out.encode([failed(error)])).toBe(
      'data: {"type":"error","errorText":"The connection to the model failed."}\n\ndata: [DONE]\n\n',
    )
    expect(partsOf([failed(error)], { exposeErrors: true })).toEqual([
      { type: 'error', errorText: 'sk-secret' },
    ])
    expect(partsOf([text('a'), failed(new StreamError('aborted', 'x'))]).slice(2)).toEqual([
      { type: 'text-end', id: '0' },
      { type: 'data-message', data: { status: 'partial' } },
      { type: 'abort' },
      { type: 'finish', finishReason: 'interrupted' },
    ])
    expect(aiSdk().failure(error).body).toBe('The connection to the model failed.')
  })

  test('says nothing of metadata that the caller does not want', () => {
    const [, finish] = partsOf([complete], { metadata: () => undefined })
    expect(finish).toEqual({ type: 'finish', finishReason: 'stop' })
    const mine = partsOf([complete], { metadata: ({ attempts }: CompleteEvent) => ({ attempts }) })
    expect(mine[1]).toMatchObject({ messageMetadata: { attempts: 1 } })
  })

  test.each([
    [{ messageId: 1 }, 'aiSdk.messageId'],
    [{ metadata: {} }, 'aiSdk.metadata'],
    [{ heartbeatMs: 0 }, 'aiSdk.heartbeatMs'],
    [{ retryMs: 1 }, 'aiSdk.retryMs'],
  ])('refuses %j', (options, name) => {
    expect(() => aiSdk(options as never)).toThrow(name)
  })
})
