import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { agUi } from '../../src/entries/formats.js'
import { StreamError } from '../../src/entries/index.js'
import { answer, complete, failed, nasty, pythonLines, retry, text } from './events.js'

function eventsOf(events: readonly StreamEvent[], options = {}): Record<string, unknown>[] {
  const frames = agUi(options).encoder().encode(events).split('\n\n')
  return frames
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')))
}

const start = answer.slice(0, 1)
const call: StreamEvent = {
  type: 'content',
  index: 5,
  kind: 'tool-call',
  id: 'c',
  name: 't',
  input: '{"a":',
  signature: 'sig',
}

describe('agUi()', () => {
  test('writes every event byte for byte as documented', () => {
    expect(agUi({ threadId: 't', runId: 'r' }).encoder().encode(answer)).toBe(
      [
        'data: {"type":"RUN_STARTED","threadId":"t","runId":"r","protocolVersion":"1.0"}',
        'data: {"type":"TEXT_MESSAGE_START","messageId":"s","role":"assistant"}',
        'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"s","delta":"Hel"}',
        'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"s","delta":"lo"}',
        'data: {"type":"TEXT_MESSAGE_END","messageId":"s"}',
        'data: {"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"success"},"usage":[{"provider":"p","model":"m-1","inputTokens":3,"outputTokens":2,"totalTokens":5}],"metadata":{"finishReason":"stop"}}',
        '',
      ].join('\n\n'),
    )
  })

  test.each(nasty)('keeps $name, on one line for every reader', ({ value }) => {
    expect(
      pythonLines(
        agUi()
          .encoder()
          .encode([text(value)]),
      ),
    ).toHaveLength(2)
    expect(eventsOf([text(value)])[1]).toMatchObject({ delta: value })
  })

  test('gives reasoning a message of its own, with what has to come back', () => {
    expect(
      eventsOf([
        ...start,
        { type: 'content', index: 0, kind: 'reasoning', text: 'Hm', signature: 'sig' },
        { type: 'content', index: 1, kind: 'reasoning', text: 'so' },
        text('a', 2),
      ]).slice(1),
    ).toEqual([
      { type: 'REASONING_START', messageId: 's-reasoning-1' },
      { type: 'REASONING_MESSAGE_START', messageId: 's-reasoning-1', role: 'reasoning' },
      { type: 'REASONING_MESSAGE_CONTENT', messageId: 's-reasoning-1', delta: 'Hm' },
      {
        type: 'REASONING_ENCRYPTED_VALUE',
        subtype: 'message',
        entityId: 's-reasoning-1',
        encryptedValue: 'sig',
      },
      { type: 'REASONING_MESSAGE_END', messageId: 's-reasoning-1' },
      { type: 'REASONING_END', messageId: 's-reasoning-1' },
      { type: 'REASONING_START', messageId: 's-reasoning-2' },
      { type: 'REASONING_MESSAGE_START', messageId: 's-reasoning-2', role: 'reasoning' },
      { type: 'REASONING_MESSAGE_CONTENT', messageId: 's-reasoning-2', delta: 'so' },
      { type: 'REASONING_MESSAGE_END', messageId: 's-reasoning-2' },
      { type: 'REASONING_END', messageId: 's-reasoning-2' },
      { type: 'TEXT_MESSAGE_START', messageId: 's', role: 'assistant' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 's', delta: 'a' },
    ])
  })

  test('writes the signature of a file, which has to be sent back', () => {
    const value = { index: 0, mediaType: 'image/png', data: 'AAAA', signature: 's' }
    expect(eventsOf([{ type: 'content', kind: 'file', ...value }])).toEqual([
      { type: 'CUSTOM', name: 'file', value },
    ])
  })

  test('tells sources, files and retries by name, and errors in public words', () => {
    expect(
      eventsOf([
        { type: 'content', index: 0, kind: 'source', url: 'https://x.test/', title: 'X', raw: 1 },
        { type: 'content', index: 1, kind: 'file', mediaType: 'image/png', data: 'AAAA' },
        retry('restart'),
      ]),
    ).toEqual([
      { type: 'CUSTOM', name: 'source', value: { url: 'https://x.test/', title: 'X' } },
      { type: 'CUSTOM', name: 'file', value: { index: 1, mediaType: 'image/png', data: 'AAAA' } },
      {
        type: 'CUSTOM',
        name: 'retry',
        value: {
          attempt: 2,
          maxAttempts: 3,
          delayMs: 5,
          mode: 'restart',
          provider: 'p',
          model: 'm',
          error: {
            code: 'network',
            message: 'The connection to the model failed.',
            retryable: true,
          },
        },
      },
    ])
  })

  test('gives what structured output there is as the result, and what was wasted beside the usage', () => {
    const [finished] = eventsOf([
      {
        ...complete,
        output: { a: 1 },
        usage: { inputTokens: 3 },
        wasted: { inputTokens: 7, estimated: true },
      },
    ])
    expect(finished).toMatchObject({
      result: { a: 1 },
      usage: [{ provider: 'p', model: 'm-1', inputTokens: 3 }, { inputTokens: 7 }],
    })
    expect(JSON.stringify(finished)).not.toContain('estimated')
    expect(eventsOf([{ ...complete, output: null }])[0]).not.toHaveProperty('result')
    expect(eventsOf([{ ...complete, usage: {} }])[0]).not.toHaveProperty('usage')
  })

  test('is cancelled by an abort, unless a call is half told: that is an error', () => {
    const aborted = failed(new StreamError('aborted', 'x'))
    expect(eventsOf([...start, text('a'), aborted]).slice(3)).toEqual([
      { type: 'TEXT_MESSAGE_END', messageId: 's' },
      { type: 'RUN_FINISHED', threadId: 's', runId: 's', outcome: { type: 'cancelled' } },
    ])
    expect(eventsOf([...start, call, aborted]).at(-1)).toEqual({
      type: 'RUN_ERROR',
      message: 'The request was cancelled.',
      code: 'aborted',
    })
  })

  test('keeps the words of the provider in, unless told otherwise', () => {
    const error = failed(new StreamError('server', 'sk-secret'))
    expect(eventsOf([{ ...error, usage: { inputTokens: 3 } }])).toEqual([
      {
        type: 'RUN_ERROR',
        message: 'The model had an internal error.',
        code: 'server',
        usage: [{ inputTokens: 3 }],
      },
    ])
    expect(eventsOf([error], { exposeErrors: true })[0]).toMatchObject({ message: 'sk-secret' })
  })

  test.each([
    [{ threadId: 1 }, 'agUi.threadId'],
    [{ runId: null }, 'agUi.runId'],
    [{ messages: {} }, 'agUi.messages'],
    [{ input: {} }, 'agUi.input'],
  ])('refuses %j', (options, name) => {
    expect(() => agUi(options as never)).toThrow(name)
  })
})

test('a failed turn sends the results that its reader has not received', () => {
  const whole: StreamEvent = { ...call, signature: undefined, input: '{}' } as never
  const part = { type: 'tool-call', id: 'c', name: 't', input: {} } as const
  const result = { type: 'tool-result', id: 'c', name: 't', output: 'Not known.' } as const
  const failure = failed(new StreamError('network', 'x'))
  const partial = { role: 'assistant', content: [part, result] } as const
  const typesOf = (events: readonly StreamEvent[]): unknown[] =>
    eventsOf(events).map(({ type }) => type)
  const sent = { type: 'content', index: 6, kind: 'tool-result', id: 'c', name: 't', output: 1 }
  expect(typesOf([...start, whole, { ...failure, partial }])).toEqual([
    'RUN_STARTED',
    'TOOL_CALL_START',
    'TOOL_CALL_ARGS',
    'TOOL_CALL_END',
    'TOOL_CALL_RESULT',
    'RUN_ERROR',
  ])
  expect(
    typesOf([...start, whole, sent as StreamEvent, { ...failure, partial }]).filter(
      (type) => type === 'TOOL_CALL_RESULT',
    ),
  ).toHaveLength(1)
})
