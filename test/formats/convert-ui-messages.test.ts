/**
 * Histories of the AI SDK's pages, with the types and the checks of each of its versions.
 */

import type { UIMessage } from 'ai'
import type { UIMessage as UIMessage5 } from 'ai-5'
import type { UIMessage as UIMessage6 } from 'ai-6'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { fromUiMessages, toUiMessages, type UiMessageLike } from '../../src/entries/formats.js'
import { parseMessages, StreamError } from '../../src/entries/index.js'
import { versions } from './clients/ai-versions.js'
import { histories, inputParts } from './histories.js'

const urls = fc.constantFrom(
  'https://x.test/a',
  'data:image/png;base64,AAAA',
  'file-abc',
  'data:application/pdf;base64,JVBERg==',
)
const any = histories(inputParts(urls), { oneText: false })
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value))
const each = [5, 6, 7] as const

test('what a page was given comes back as it was', () => {
  fc.assert(
    fc.property(any, (messages) => {
      expect(fromUiMessages(json(toUiMessages(messages)))).toEqual(messages)
    }),
    { numRuns: 500 },
  )
})

test.each(each)('ai %i accepts every history, with its own types', async (version) => {
  await fc.assert(
    fc.asyncProperty(any, async (messages) => {
      if (messages.length === 0) return
      await versions[version].accept(toUiMessages(messages, { version }))
    }),
    { numRuns: 150 },
  )
})

test('a history for ai 5 comes back as it was, except for calls that were not allowed', () => {
  fc.assert(
    fc.property(any, (messages) => {
      const back = fromUiMessages(json(toUiMessages(messages, { version: 5 })))
      expect(back).toEqual(messages)
    }),
  )
})

const asked: Message[] = [
  { id: 'u', role: 'user', content: 'Refund both.' },
  {
    id: 'a',
    role: 'assistant',
    content: [
      { type: 'tool-call', id: '1', name: 'refund', input: { amount: 5 }, seal: 's1' },
      { type: 'tool-call', id: '2', name: 'refund', input: { amount: 9 }, seal: 's2' },
    ],
  },
]

describe('toUiMessages()', () => {
  test('gives messages of the types of every version', () => {
    const seven: UIMessage[] = toUiMessages(asked)
    const six: UIMessage6[] = toUiMessages(asked, { version: 6 })
    const five: UIMessage5[] = toUiMessages(asked, { version: 5 })
    expect(seven).toEqual(six)
    expect(five).toEqual(six)
  })

  test('shows results with their calls, whichever message holds them', () => {
    const [, answer, ...rest] = toUiMessages([
      ...asked,
      {
        role: 'tool',
        content: [{ type: 'tool-result', id: '1', name: 'refund', output: 'paid' }],
      },
      {
        id: 'b',
        role: 'assistant',
        content: [
          { type: 'tool-result', id: '2', name: 'refund', output: 'No money.', isError: true },
          { type: 'text', text: 'Paid one.' },
        ],
      },
    ])
    expect(answer?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'tool-refund', state: 'output-available', output: 'paid' },
      { type: 'tool-refund', state: 'output-error', errorText: 'No money.' },
    ])
    expect(rest).toEqual([
      {
        id: 'b',
        role: 'assistant',
        parts: [{ type: 'step-start' }, { type: 'text', text: 'Paid one.', state: 'done' }],
      },
    ])
  })

  test('asks for the approvals that wait, and keeps those that were given', () => {
    const waiting = [{ id: '1', for: 'approval' }]
    const [, open] = toUiMessages(asked, { waiting })
    expect(open?.parts.slice(1)).toMatchObject([
      { state: 'approval-requested', approval: { id: 'a/1' } },
      { state: 'input-available' },
    ])
    const said: Message[] = [
      ...asked,
      {
        role: 'tool',
        content: [
          { type: 'tool-approval', id: '1', approved: true },
          { type: 'tool-approval', id: '2', approved: false, reason: 'Too much.' },
        ],
      },
    ]
    const shown = toUiMessages(said)
    expect(fromUiMessages(json(shown))).toEqual([
      { ...asked[0], content: [{ type: 'text', text: 'Refund both.' }] },
      ...said.slice(1),
    ])
    const five = toUiMessages(said, { version: 5, waiting })
    expect(JSON.stringify(five)).not.toContain('approv')
  })

  test('keeps options for providers and bytes from the page', () => {
    const [message] = toUiMessages([
      {
        role: 'user',
        cache: true,
        providerOptions: { openai: { secret: 'x' } },
        content: [
          { type: 'image', data: new Uint8Array([137, 80, 78]), cache: '1h' },
          { type: 'text', text: 'Look', providerOptions: { openai: { secret: 'x' } } },
        ],
      },
    ])
    expect(message).toEqual({
      id: expect.any(String),
      role: 'user',
      parts: [
        {
          type: 'file',
          mediaType: 'image/png',
          url: 'data:image/png;base64,iVBO',
          providerMetadata: { sluice: { image: true } },
        },
        { type: 'text', text: 'Look', state: 'done' },
      ],
    })
    expect(parseMessages(fromUiMessages([json(message) as UiMessageLike]))).toHaveLength(1)
  })

  test("gives signatures to the AI SDK's own providers, and reads theirs", () => {
    const content = [
      { type: 'reasoning', text: 'a', signature: 'anthropic-messages/anthropic:one' },
      {
        type: 'reasoning',
        text: '',
        signature: 'anthropic-messages/anthropic:two',
        redacted: true,
      },
      {
        type: 'reasoning',
        text: 'b',
        signature: 'openai-responses/openai:{"id":"rs_1","encrypted_content":"three"}',
      },
      { type: 'text', text: 'c', signature: 'gemini/google:four' },
    ] as const
    const [shown] = toUiMessages([{ id: 'a', role: 'assistant', content }])
    const metadata = shown?.parts.map((part) =>
      'providerMetadata' in part ? { ...part.providerMetadata, sluice: undefined } : undefined,
    )
    expect(metadata?.slice(1)).toEqual([
      { anthropic: { signature: 'one' } },
      { anthropic: { redactedData: 'two' } },
      { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'three' } },
      { google: { thoughtSignature: 'four' } },
    ])
    const theirs = json(shown)
    for (const part of theirs?.parts ?? []) {
      if ('providerMetadata' in part) delete part.providerMetadata?.sluice
    }
    expect(fromUiMessages([theirs as UiMessageLike])).toEqual([
      { id: 'a', role: 'assistant', content },
    ])
  })

  test.each([
    [{ version: 4 }, 'toUiMessages.version'],
    [{ waiting: 1 }, 'toUiMessages.waiting'],
    [{ versoin: 7 }, 'toUiMessages.versoin'],
  ])('refuses %j', (options, name) => {
    expect(() => toUiMessages([], options as never)).toThrow(name)
  })
})

const seven: UIMessage[] = [
  {
    id: 'u1',
    role: 'user',
    metadata: { at: 1 },
    parts: [
      { type: 'text', text: 'What is this?' },
      { type: 'file', mediaType: 'image/png', url: 'https://x.test/a.png', filename: 'a.png' },
      { type: 'data-draft', data: 1 },
    ],
  },
  {
    id: 'a1',
    role: 'assistant',
    parts: [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 'sig' } } },
      {
        type: 'tool-web_search',
        toolCallId: 'w',
        state: 'output-available',
        input: { query: 'q' },
        output: [],
        providerExecuted: true,
      },
      {
        type: 'dynamic-tool',
        toolName: 'look',
        toolCallId: 'l',
        state: 'output-available',
        input: {},
        output: 'a cat',
      },
      { type: 'step-start' },
      { type: 'custom', kind: 'openai.compaction' },
      { type: 'text', text: 'Well,', state: 'done' },
      { type: 'steering-message', id: 's1', parts: [{ type: 'text', text: 'Be brief.' }] },
      { type: 'text', text: 'A cat', state: 'streaming' },
    ],
  },
]

const five: UIMessage5[] = [
  {
    id: 'a1',
    role: 'assistant',
    parts: [
      { type: 'reasoning', text: 'Hm', providerMetadata: { google: { thoughtSignature: 'sig' } } },
      {
        type: 'tool-f',
        toolCallId: 'c',
        state: 'output-error',
        input: undefined,
        rawInput: '{"x',
        errorText: 'Not JSON.',
      },
      { type: 'tool-f', toolCallId: 'd', state: 'input-streaming', input: { x: 1 } },
    ],
  },
]

const six: UIMessage6[] = [
  {
    id: 'a1',
    role: 'assistant',
    parts: [
      {
        type: 'tool-f',
        toolCallId: 'c',
        state: 'output-denied',
        input: { x: 1 },
        approval: { id: '1', approved: false, reason: 'No.' },
      },
      { type: 'source-url', sourceId: '1', url: 'https://x.test/', title: 'X' },
      { type: 'source-document', sourceId: '2', mediaType: 'text/plain', title: 'A book' },
    ],
  },
]

describe('fromUiMessages()', () => {
  test('reads a history of ai 7', () => {
    const messages = fromUiMessages(seven)
    const block = { type: 'provider', origin: 'ai-sdk' } as const
    expect(messages).toEqual([
      {
        id: 'u1',
        role: 'user',
        metadata: { at: 1 },
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'file', data: 'https://x.test/a.png', mediaType: 'image/png', filename: 'a.png' },
        ],
      },
      {
        id: 'a1',
        role: 'assistant',
        status: 'partial',
        content: [
          { type: 'reasoning', text: 'Hm', signature: 'anthropic-messages/anthropic:sig' },
          { ...block, name: 'tool-web_search', data: seven[1]?.parts[2] },
          { type: 'tool-call', id: 'l', name: 'look', input: {} },
          { type: 'tool-result', id: 'l', name: 'look', output: 'a cat' },
          { ...block, name: 'custom', data: { type: 'custom', kind: 'openai.compaction' } },
          { type: 'text', text: 'Well,' },
        ],
      },
      { id: 's1', role: 'user', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'A cat' }] },
    ])
    expect(parseMessages(messages)).toHaveLength(4)
    const [, again] = toUiMessages(messages)
    expect(again?.parts).toContainEqual({ type: 'custom', kind: 'openai.compaction' })
  })

  test('reads a history of ai 5', () => {
    expect(fromUiMessages(five)).toEqual([
      {
        id: 'a1',
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', signature: 'gemini/google:sig' },
          { type: 'tool-call', id: 'c', name: 'f', input: '{"x', error: 'Not JSON.' },
          {
            type: 'tool-call',
            id: 'd',
            name: 'f',
            input: '',
            error: expect.stringContaining('cut off'),
          },
        ],
      },
    ])
  })

  test('an answer that broke off is no longer partial once another has continued it', () => {
    const half = { type: 'text', text: 'Half' }
    const mark = { type: 'data-message', data: { status: 'partial' } }
    const statusOf = (...parts: object[]): unknown =>
      fromUiMessages([{ id: 'a', role: 'assistant', parts }])[0]?.status
    expect(statusOf(half, mark)).toBe('partial')
    expect(statusOf(half, mark, half)).toBeUndefined()
    expect(statusOf(half, mark, half, mark)).toBe('partial')
  })

  test('reads a history of ai 6', () => {
    expect(fromUiMessages(six)).toEqual([
      {
        id: 'a1',
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'c', name: 'f', input: { x: 1 } },
          { type: 'source', url: 'https://x.test/', title: 'X' },
          { type: 'source', title: 'A book' },
          {
            type: 'tool-result',
            id: 'c',
            name: 'f',
            output: 'The user did not allow this call. Reason: No.',
            isError: true,
          },
        ],
      },
    ])
  })

  const answer = (part: object): object[] => [{ role: 'assistant', parts: [part] }]
  test.each([
    [1, 'messages is not an array'],
    [[1], 'messages[0] is not an object'],
    [[{ role: 'user' }], 'messages[0].parts is not an array'],
    [[{ role: 'user', parts: [{}] }], 'messages[0].parts[0].type is not a string'],
    [[{ role: 'bot', parts: [] }], 'messages[0].role is not'],
    [[{ role: 'user', parts: [{ type: 'text' }] }], 'messages[0].parts[0].text is not a string'],
    [[{ role: 'user', parts: [{ type: 'file' }] }], 'messages[0].parts[0].url is not a string'],
    [answer({ type: 'tool-f' }), 'messages[0].parts[0].toolCallId is not a string'],
    [
      answer({ type: 'tool-f', toolCallId: 'c', state: 'x' }),
      'messages[0].parts[0].state is unknown',
    ],
    [answer({ type: 'dynamic-tool', toolCallId: 'c' }), 'messages[0].parts[0].toolName'],
    [answer({ type: 'data-provider' }), 'messages[0].parts[0].data is not an object'],
    [answer({ type: 'data-provider', data: {} }), 'messages[0].parts[0].data.name is not a string'],
    [answer({ type: 'steering-message' }), 'messages[0].parts[0].parts is not an array'],
  ])('refuses %j, and names the place', (messages, words) => {
    const convert = (): unknown => fromUiMessages(messages as never)
    expect(convert).toThrow(StreamError)
    expect(convert).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        status: 400,
        message: expect.stringContaining(words),
      }),
    )
  })
})
