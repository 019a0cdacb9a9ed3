/**
 * Histories of AG-UI clients, with the types and the checks of the protocol's own packages.
 */

import { type Message as AgUi, HttpAgent } from '@ag-ui/client'
import { MessageSchema } from '@ag-ui/core/schemas'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { agUi, fromAgUiMessages, toAgUiMessages } from '../../src/entries/formats.js'
import { createStream, parseMessages, StreamError, toResponse } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { histories, inputParts } from './histories.js'

const data = fc.constantFrom('https://x.test/a', 'AAAA', 'file-abc', 'file_abc')
const any = histories(inputParts(data), { oneText: true })
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value))

test('what a client was given comes back as it was', () => {
  fc.assert(
    fc.property(any, (messages) => {
      expect(fromAgUiMessages(json(toAgUiMessages(messages)))).toEqual(messages)
    }),
    { numRuns: 500 },
  )
})

test('the protocol accepts every history, with its own types, and each message has an id of its own', () => {
  fc.assert(
    fc.property(any, (messages) => {
      const written: AgUi[] = toAgUiMessages(messages)
      for (const message of json(written)) expect(MessageSchema.parse(message)).toEqual(message)
      const ids = written.map(({ id }) => id)
      expect(ids).toEqual([...new Set(ids)])
    }),
  )
})

test('a client sends a history back as it was', async () => {
  const messages: Message[] = [
    { id: 'u', role: 'user', content: 'Hi' },
    {
      id: 'a',
      role: 'assistant',
      status: 'partial',
      content: [
        { type: 'reasoning', text: 'Hm', signature: 's1', redacted: true },
        { type: 'source', url: 'https://x.test/' },
        { type: 'text', text: 'Look', signature: 's2' },
        { type: 'tool-call', id: 'c', name: 'f', input: { x: 1 }, signature: 's3' },
        { type: 'tool-result', id: 'c', name: 'f', output: { ok: false }, isError: true },
        { type: 'text', text: 'Done' },
      ],
    },
    { id: 'v', role: 'user', content: 'And?' },
  ]
  let sent: Message[] = []
  const fetch = async (_url: unknown, options?: RequestInit): Promise<Response> => {
    const body = JSON.parse(options?.body as string)
    sent = parseMessages(fromAgUiMessages(body.messages))
    const stream = createStream({ driver: scripted(['Yes.']), messages: sent })
    return toResponse(stream, agUi({ messages: body.messages }))
  }
  const initialMessages = toAgUiMessages(messages) as AgUi[]
  const agent = new HttpAgent({ url: 'http://x.test/', fetch, initialMessages })
  await agent.runAgent()
  expect(sent).toEqual(messages)
  const back = fromAgUiMessages(agent.messages)
  expect(back.slice(0, -1)).toEqual(messages)
  expect(back.at(-1)).toEqual({
    id: expect.any(String),
    role: 'assistant',
    content: [{ type: 'text', text: 'Yes.' }],
  })
  vi.restoreAllMocks()
})

test('steps that were streamed to a client come back as one answer', async () => {
  const content = [
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'Look' },
    { type: 'tool-call', id: 'c', name: 'f', input: { x: 1 } },
    { type: 'tool-result', id: 'c', name: 'f', output: 'ok' },
    { type: 'text', text: 'Done' },
  ] as const
  const fetch = async (): Promise<Response> => {
    async function* events() {
      yield { type: 'start', id: 's', provider: 'p', model: 'm' } as const
      for (const [index, { type: kind, ...part }] of content.entries()) {
        const input = 'input' in part ? { input: JSON.stringify(part.input) } : {}
        yield { type: 'content', index, kind, ...part, ...input } as never
      }
      yield {
        type: 'complete',
        text: 'LookDone',
        message: { role: 'assistant', content },
        finishReason: 'stop',
        usage: {},
        provider: 'p',
        model: 'm',
        attempts: 1,
        timing: { firstContentMs: 1, durationMs: 1 },
      } as const
    }
    return toResponse(events(), agUi())
  }
  const agent = new HttpAgent({ url: 'http://x.test/', fetch })
  await agent.runAgent()
  expect(fromAgUiMessages(agent.messages)).toEqual([{ id: 's', role: 'assistant', content }])
})

const open: Message[] = [
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

describe('toAgUiMessages()', () => {
  test('keeps open calls with their seals and what was said to them', () => {
    expect(fromAgUiMessages(json(toAgUiMessages(open)))).toEqual(open)
    const said: Message[] = [
      ...open,
      {
        role: 'tool',
        content: [
          { type: 'tool-approval', id: '1', approved: true },
          { type: 'tool-approval', id: '2', approved: false, reason: 'No.' },
        ],
      },
    ]
    expect(fromAgUiMessages(json(toAgUiMessages(said)))).toEqual(said)
  })

  test('keeps options for providers and bytes from the client', () => {
    const text = JSON.stringify(
      toAgUiMessages([
        {
          id: 'u',
          role: 'user',
          providerOptions: { openai: { secret: 'x' } },
          content: [
            { type: 'image', data: new Uint8Array([137, 80, 78]), cache: true },
            { type: 'text', text: 'Look', providerOptions: { openai: { secret: 'x' } } },
          ],
        },
        {
          id: 'a',
          role: 'assistant',
          content: [{ type: 'source', raw: 1, providerOptions: { openai: { secret: 'x' } } }],
        },
      ]),
    )
    expect(text).not.toMatch(/secret|cache|"0":/)
    expect(text).toContain('iVBO')
  })
})

const theirs: AgUi[] = [
  { id: '1', role: 'developer', content: 'Be brief.' },
  {
    id: '2',
    role: 'user',
    name: 'Ada',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image', source: { type: 'url', value: 'https://x.test/a.png' } },
      { type: 'document', source: { type: 'data', value: 'AAAA', mimeType: 'application/pdf' } },
    ],
  },
  { id: '3', role: 'reasoning', content: 'Hm', encryptedValue: 'sig' },
  {
    id: '4',
    role: 'assistant',
    toolCalls: [
      { id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'd', type: 'function', function: { name: 'f', arguments: '{"x' } },
      { id: 'e', type: 'function', function: { name: 'f', arguments: '' } },
    ],
  },
  { id: '5', role: 'tool', toolCallId: 'c', content: '', error: 'It broke.' },
  { id: '6', role: 'activity', activityType: 'plan', content: { step: 1 } },
  { id: '7', role: 'assistant', content: 'A cat' },
  { id: '8', role: 'user', content: 'Thanks' },
]

describe('fromAgUiMessages()', () => {
  test('reads what other agents have written', () => {
    const messages = fromAgUiMessages(theirs)
    const failed = { type: 'tool-call', name: 'f' } as const
    expect(messages).toEqual([
      { id: '1', role: 'system', content: 'Be brief.', metadata: { agUi: { role: 'developer' } } },
      {
        id: '2',
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', data: 'https://x.test/a.png' },
          { type: 'file', data: 'AAAA', mediaType: 'application/pdf' },
        ],
        metadata: { agUi: { name: 'Ada' } },
      },
      {
        id: '4',
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', signature: 'sig' },
          { ...failed, id: 'c', input: { x: 1 } },
          { ...failed, id: 'd', input: '{"x', error: expect.stringContaining('not valid JSON') },
          { ...failed, id: 'e', input: {}, error: expect.stringContaining('went on') },
          { type: 'tool-result', id: 'c', name: 'f', output: 'It broke.', isError: true },
          { type: 'provider', name: 'plan', origin: 'ag-ui', data: theirs[5] },
        ],
      },
      { id: '7', role: 'assistant', content: [{ type: 'text', text: 'A cat' }] },
      { id: '8', role: 'user', content: 'Thanks' },
    ])
    expect(parseMessages(messages, { roles: ['system', 'user', 'assistant'] })).toHaveLength(5)
    const again = toAgUiMessages(messages)
    for (const at of [0, 5]) expect(again).toContainEqual(theirs[at])
    expect(again).toContainEqual(expect.objectContaining({ id: '2', name: 'Ada' }))
  })

  test('reads files as clients wrote them before version 1.0', () => {
    const part = { type: 'binary', mimeType: 'image/png' }
    const content = [
      { ...part, data: 'AAAA' },
      { ...part, mimeType: 'application/pdf', url: 'https://x.test/', filename: 'x.pdf' },
    ]
    expect(fromAgUiMessages([{ id: '1', role: 'user', content }])).toMatchObject([
      {
        content: [
          { type: 'image', data: 'AAAA', mediaType: 'image/png' },
          { type: 'file', data: 'https://x.test/', filename: 'x.pdf' },
        ],
      },
    ])
  })

  const user = (part: object): object[] => [{ role: 'user', content: [part] }]
  const called = (call: object): object[] => [{ role: 'assistant', toolCalls: [call] }]
  test.each([
    [{}, 'messages is not an array'],
    [[null], 'messages[0] is not an object'],
    [[{ role: 'bot' }], 'messages[0].role is not'],
    [[{ role: 'system' }], 'messages[0].content is not a string'],
    [[{ role: 'user', content: 1 }], 'messages[0].content is not a string or an array'],
    [user({ type: 'x' }), 'messages[0].content[0].type is not'],
    [user({ type: 'image' }), 'messages[0].content[0].source is not an object'],
    [user({ type: 'image', source: {} }), 'messages[0].content[0].source.value is not a string'],
    [user({ type: 'binary', mimeType: 'a/b' }), 'messages[0].content[0] has no data'],
    [[{ role: 'assistant', content: 1 }], 'messages[0].content is not a string'],
    [[{ role: 'assistant', toolCalls: 1 }], 'messages[0].toolCalls is not an array'],
    [called({}), 'messages[0].toolCalls[0].id is not a string'],
    [called({ id: 'c' }), 'messages[0].toolCalls[0].function is not an object'],
    [called({ id: 'c', function: { name: 'f' } }), 'messages[0].toolCalls[0].function.arguments'],
    [[{ role: 'tool' }], 'messages[0].toolCallId is not a string'],
    [[{ role: 'activity' }], 'messages[0].activityType is not a string'],
  ])('refuses %j, and names the place', (messages, words) => {
    const convert = (): unknown => fromAgUiMessages(messages as never)
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
