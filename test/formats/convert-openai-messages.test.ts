/**
 * Histories of OpenAI's Chat Completions, with the types of its package.
 */

import * as fc from 'fast-check'
import OpenAI from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { compatible } from '../../src/entries/compatible.js'
import { fromOpenaiMessages, toOpenaiMessages } from '../../src/entries/formats.js'
import { createStream, parseMessages, StreamError } from '../../src/entries/index.js'
import { simulatedProvider } from '../../src/entries/testing.js'

const history: ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'Be brief.' },
  {
    role: 'user',
    name: 'ada',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'file', file: { file_id: 'file-abc', filename: 'x.pdf' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERg==' } },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I look.' },
      { type: 'refusal', refusal: 'No more.' },
    ],
    tool_calls: [
      { id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'd', type: 'function', function: { name: 'f', arguments: '{"x' } },
      { id: 'e', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } },
    ],
  },
  { role: 'tool', tool_call_id: 'c', content: 'a cat' },
  { role: 'tool', tool_call_id: 'd', content: [{ type: 'text', text: 'not JSON' }] },
  { role: 'tool', tool_call_id: 'e', content: '1' },
  { role: 'assistant', content: 'A cat.', audio: { id: 'audio_1' } },
  { role: 'user', content: 'And the weather?' },
  { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{}' } },
  { role: 'function', name: 'weather', content: 'sun' },
  { role: 'assistant', content: null, refusal: 'I cannot say.' },
]

const refusal = (text: string): object => ({
  type: 'provider',
  name: 'refusal',
  origin: 'openai-chat/openai',
  data: { type: 'refusal', refusal: text },
})

describe('fromOpenaiMessages()', () => {
  test('reads everything that a request can hold', () => {
    const messages = fromOpenaiMessages(history)
    const call = { type: 'tool-call', name: 'f' } as const
    const result = { type: 'tool-result', name: 'f' } as const
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', data: 'https://x.test/a.png', detail: 'low' },
          { type: 'file', data: 'AAAA', mediaType: 'audio/mpeg' },
          { type: 'file', data: 'file-abc', mediaType: 'application/pdf', filename: 'x.pdf' },
          {
            type: 'file',
            data: 'data:application/pdf;base64,JVBERg==',
            mediaType: 'application/pdf',
          },
        ],
        metadata: { openai: { name: 'ada' } },
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          refusal('No more.'),
          { ...call, id: 'c', input: { x: 1 } },
          { ...call, id: 'd', input: '{"x', error: expect.stringContaining('not valid JSON') },
          { ...call, id: 'e', name: 'sql', input: 'SELECT 1', custom: true },
        ],
      },
      {
        role: 'tool',
        content: [
          { ...result, id: 'c', output: 'a cat' },
          { ...result, id: 'd', output: 'not JSON' },
          { ...result, id: 'e', name: 'sql', output: '1' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: '', signature: 'openai-chat/openai:{"audio":{"id":"audio_1"}}' },
          { type: 'text', text: 'A cat.' },
        ],
      },
      { role: 'user', content: 'And the weather?' },
      {
        role: 'assistant',
        content: [{ ...call, id: 'function_call_8', name: 'weather', input: {} }],
      },
      {
        role: 'tool',
        content: [{ ...result, id: 'function_call_8', name: 'weather', output: 'sun' }],
      },
      { role: 'assistant', content: [refusal('I cannot say.')] },
    ])
    const roles = ['system', 'user', 'assistant', 'tool'] as const
    expect(parseMessages(messages, { roles })).toHaveLength(9)
  })

  test('reads the answers of a client, and the reasoning of other servers', async () => {
    const answer: OpenAI.ChatCompletionMessage = {
      role: 'assistant',
      content: 'Yes',
      refusal: null,
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://x.test/', title: 'X', start_index: 0, end_index: 3 },
        },
      ],
    }
    expect(fromOpenaiMessages([{ ...answer, reasoning_content: 'Hm' } as never])).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm' },
          { type: 'text', text: 'Yes' },
          { type: 'source', url: 'https://x.test/', title: 'X', raw: answer.annotations?.[0] },
        ],
      },
    ])
    const details = [
      { type: 'reasoning.text', text: 'Hm', format: 'anthropic-claude-v1', signature: 's' },
    ]
    const answered = { role: 'assistant', content: '', reasoning_details: details }
    expect(fromOpenaiMessages([answered])).toEqual([
      {
        role: 'assistant',
        content: [{ type: 'reasoning', text: 'Hm', signature: 'anthropic-messages/anthropic:s' }],
      },
    ])
  })

  test('a call that the conversation has passed carries an error, and the last ones are open', () => {
    const asked = (id: string): ChatCompletionMessageParam => ({
      role: 'assistant',
      tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    const messages = fromOpenaiMessages([asked('a'), { role: 'user', content: 'So?' }, asked('b')])
    const call = { type: 'tool-call', name: 'f', input: {} }
    expect(messages.map(({ content }) => content)).toEqual([
      [{ ...call, id: 'a', error: expect.stringContaining('went on') }],
      'So?',
      [{ ...call, id: 'b' }],
    ])
  })

  const user = (part: object): object[] => [{ role: 'user', content: [part] }]
  const called = (call: object): object[] => [{ role: 'assistant', tool_calls: [call] }]
  test.each([
    ['x', 'messages is not an array'],
    [[[]], 'messages[0] is not an object'],
    [[{ role: 'bot' }], 'messages[0].role is not'],
    [[{ role: 'user', content: 1 }], 'messages[0].content is not a string or an array'],
    [user({ type: 'x' }), 'messages[0].content[0].type is not'],
    [user({ type: 'text' }), 'messages[0].content[0].text is not a string'],
    [
      user({ type: 'image_url', image_url: 'x' }),
      'messages[0].content[0].image_url is not an object',
    ],
    [user({ type: 'image_url', image_url: {} }), 'messages[0].content[0].image_url.url is not'],
    [user({ type: 'input_audio', input_audio: {} }), 'messages[0].content[0].input_audio.data'],
    [user({ type: 'file', file: {} }), 'messages[0].content[0].file.file_data is not a string'],
    [
      [{ role: 'assistant', content: [{ type: 'image_url' }] }],
      'messages[0].content[0].type is not',
    ],
    [[{ role: 'assistant', tool_calls: {} }], 'messages[0].tool_calls is not an array'],
    [called({}), 'messages[0].tool_calls[0].id is not a string'],
    [called({ id: 'c' }), 'messages[0].tool_calls[0].function is not an object'],
    [called({ id: 'c', type: 'custom' }), 'messages[0].tool_calls[0].custom is not an object'],
    [[{ role: 'tool', content: '' }], 'messages[0].tool_call_id is not a string'],
  ])('refuses %j, and names the place', (messages, words) => {
    const convert = (): unknown => fromOpenaiMessages(messages as never)
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

const words = fc.constantFrom('a', 'b c', ' done', 'Error: x')
const input = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: words }),
  fc.record({
    type: fc.constant('image' as const),
    data: fc.constantFrom('https://x.test/a', 'data:image/png;base64,AAAA'),
    detail: fc.constantFrom('low' as const, 'high' as const),
  }),
  fc.constantFrom(
    { type: 'file' as const, data: 'AAAA', mediaType: 'audio/mpeg' },
    { type: 'file' as const, data: 'file-abc', mediaType: 'application/pdf' },
    {
      type: 'file' as const,
      data: 'data:application/pdf;base64,JVBERg==',
      mediaType: 'application/pdf',
      filename: 'x.pdf',
    },
  ),
)
const users = fc
  .tuple(
    fc.oneof(words, fc.array(input, { minLength: 2, maxLength: 3 })),
    fc.constantFrom({}, { metadata: { openai: { name: 'ada' } } }),
  )
  .map(([content, named]): Message => ({ role: 'user', content, ...named }))
/** A question, then steps, each a message with a text, calls, and their results. */
const turns = fc
  .tuple(
    users,
    fc.array(
      fc.tuple(words, fc.array(fc.constantFrom<unknown>({ x: 1 }, 'SELECT 1'), { maxLength: 3 })),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([question, steps]): Message[] => [
    question,
    ...steps.flatMap(([text, calls], step): Message[] => {
      const made = calls.map((each, at) => {
        const custom = typeof each === 'string' ? { custom: true as const } : {}
        return {
          type: 'tool-call' as const,
          id: `c${step}${at}`,
          name: 'f',
          input: each,
          ...custom,
        }
      })
      const content = made.map(({ id, name }) => ({
        type: 'tool-result' as const,
        id,
        name,
        output: 'ok',
      }))
      const answer: Message = { role: 'assistant', content: [{ type: 'text', text }, ...made] }
      return made.length === 0 ? [answer] : [answer, { role: 'tool', content }]
    }),
  ])
const any = fc
  .tuple(
    fc.constantFrom<Message[]>([], [{ role: 'system', content: 'Be brief.' }]),
    fc.array(turns),
  )
  .map(([system, all]) => {
    // The API takes an id once.
    const unique = all.map((turn, at) =>
      JSON.parse(JSON.stringify(turn).replaceAll('"id":"c', `"id":"c${at}-`)),
    )
    return [...system, ...(unique as Message[][]).flat()]
  })

describe('toOpenaiMessages()', () => {
  test('what has a place there comes back as it was', () => {
    fc.assert(
      fc.property(any, (messages) => {
        const written: ChatCompletionMessageParam[] = toOpenaiMessages(messages)
        expect(fromOpenaiMessages(JSON.parse(JSON.stringify(written)))).toEqual(messages)
      }),
      { numRuns: 500 },
    )
  })

  const open: Message[] = [
    {
      role: 'assistant',
      id: 'a',
      content: [
        { type: 'reasoning', text: 'Hm' },
        { type: 'tool-call', id: 'a', name: 'f', input: {} },
        { type: 'tool-call', id: 'b', name: 'f', input: {} },
        { type: 'tool-result', id: 'b', name: 'f', output: { ok: 1 } },
      ],
    },
  ]
  const tool_calls = ['a', 'b'].map((id) => {
    return { id, type: 'function', function: { name: 'f', arguments: '{}' } }
  })

  test('open calls are there for who answers them, and those that were passed are not', () => {
    expect(toOpenaiMessages(open)).toEqual([
      { role: 'assistant', content: null, tool_calls },
      { role: 'tool', tool_call_id: 'b', content: '{"ok":1}' },
    ])
    expect(toOpenaiMessages([...open, { role: 'user', content: 'So?' }])).toEqual([
      { role: 'assistant', content: null, tool_calls: tool_calls.slice(1) },
      { role: 'tool', tool_call_id: 'b', content: '{"ok":1}' },
      { role: 'user', content: 'So?' },
    ])
  })

  test('says what has no field: failures, partial answers, and images in results', () => {
    const image = { type: 'image', data: 'https://x.test/a.png' } as const
    expect(
      toOpenaiMessages([
        {
          role: 'assistant',
          status: 'partial',
          content: [
            { type: 'tool-call', id: 'a', name: 'f', input: {} },
            {
              type: 'tool-result',
              id: 'a',
              name: 'f',
              output: 'No.',
              isError: true,
              content: [image],
            },
            { type: 'text', text: 'Half' },
          ],
        },
      ]),
    ).toEqual([
      { role: 'assistant', content: null, tool_calls: tool_calls.slice(0, 1) },
      { role: 'tool', tool_call_id: 'a', content: 'Error: No.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of f (a):' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
        ],
      },
      { role: 'assistant', content: 'Half(This answer broke off.)' },
    ])
  })

  test('a server that speaks the protocol receives what our driver sends', async () => {
    const messages = fromOpenaiMessages(history)
    const provider = simulatedProvider({ paceMs: 0 })
    const client = new OpenAI({ apiKey: 'k', fetch: provider.fetch, baseURL: 'http://x.test/v1' })
    const request = {
      model: 'gpt-5.5',
      messages: toOpenaiMessages(messages),
      stream: true,
    } as const
    const chunks = await client.chat.completions.create(request)
    for await (const { choices } of chunks) expect(choices.length).toBeLessThan(2)
    const driver = compatible({
      model: 'gpt-5.5',
      apiKey: 'k',
      baseURL: 'http://x.test/v1',
      fetch: provider.fetch,
    })
    await createStream({ driver, messages }).final()
    const [theirs, ours] = provider.requests.map(
      ({ body }) => (body as { messages: unknown }).messages,
    )
    const unnamed = JSON.parse(JSON.stringify(theirs).replace(',"name":"ada"', ''))
    expect(unnamed).toEqual(ours)
  })
})
