/**
 * What `aiSdk()` writes for each version of `ai`, read by that version and sent back.
 */

import { describe, expect, test } from 'vitest'
import type { CompleteEvent, ContentEvent, StreamEvent } from '../../../src/base/events.js'
import type { Message } from '../../../src/base/messages.js'
import { aiSdk, fromUiMessages, type UiMessageLike } from '../../../src/entries/formats.js'
import { parseMessages, StreamError, toResponse } from '../../../src/entries/index.js'
import { complete, failed, retry, text } from '../events.js'
import { type Shown, type Version, versions } from './ai-versions.js'

const start: StreamEvent = { type: 'start', id: 's1', provider: 'p', model: 'm' }
const each = [5, 6, 7] as const
const old = [5, 6] as const

function read(version: Version, events: readonly StreamEvent[], format = aiSdk({ version })) {
  async function* all(): AsyncGenerator<StreamEvent> {
    yield* events
  }
  return versions[version].read(() => toResponse(all(), format))
}

/** The answer as the next request brings it back. */
function sentBack({ message }: Shown, ...more: object[]): Message[] {
  const json = JSON.stringify([message, ...more])
  return fromUiMessages(JSON.parse(json) as UiMessageLike[])
}

const call = (index: number, id: string, more: object = {}): ContentEvent => {
  return { type: 'content', index, kind: 'tool-call', id, name: 'f', input: '{"x":1}', ...more }
}
const result = (index: number, id: string, more: object = {}): ContentEvent => {
  return { type: 'content', index, kind: 'tool-result', id, name: 'f', output: 'ok', ...more }
}
const image = { type: 'image', data: 'data:image/png;base64,AAAA', mediaType: 'image/png' } as const

/** All kinds of content, in two steps. */
const content: readonly ContentEvent[] = [
  { type: 'content', index: 0, kind: 'reasoning', text: 'Hm', signature: 'sig-1' },
  { type: 'content', index: 1, kind: 'reasoning', text: '', signature: 'sig-2', redacted: true },
  text('Let me look.', 2),
  { type: 'content', index: 3, kind: 'source', url: 'https://x.test/', title: 'X' },
  { type: 'content', index: 4, kind: 'source', title: 'A book' },
  call(5, 'a', { signature: 'sig-3' }),
  call(6, 'b'),
  call(7, 'c', { input: 'SELECT 1', custom: true }),
  result(8, 'a', { output: 'half', preliminary: true }),
  result(8, 'a', { output: { sky: 'clear' }, content: [image] }),
  result(9, 'b', { output: 'It broke.', isError: true }),
  result(10, 'c'),
  {
    type: 'content',
    index: 11,
    kind: 'file',
    mediaType: 'image/png',
    data: 'AAAA',
    signature: 'sig-4',
  },
  { type: 'content', index: 12, kind: 'provider', name: 'n', origin: 'o', data: { a: 1 } },
  text('Clear.', 13),
]

const tools = [
  { type: 'tool-call', id: 'a', name: 'f', input: { x: 1 }, signature: 'sig-3' },
  { type: 'tool-call', id: 'b', name: 'f', input: { x: 1 } },
  { type: 'tool-call', id: 'c', name: 'f', input: 'SELECT 1', custom: true },
  { type: 'tool-result', id: 'a', name: 'f', output: { sky: 'clear' }, content: [image] },
  { type: 'tool-result', id: 'b', name: 'f', output: 'It broke.', isError: true },
  { type: 'tool-result', id: 'c', name: 'f', output: 'ok' },
] as const

const message = {
  role: 'assistant',
  content: [
    { type: 'reasoning', text: 'Hm', signature: 'sig-1' },
    { type: 'reasoning', text: '', signature: 'sig-2', redacted: true },
    { type: 'text', text: 'Let me look.' },
    { type: 'source', url: 'https://x.test/', title: 'X' },
    { type: 'source', title: 'A book' },
    ...tools,
    { type: 'file', mediaType: 'image/png', data: 'AAAA', signature: 'sig-4' },
    { type: 'provider', name: 'n', origin: 'o', data: { a: 1 } },
    { type: 'text', text: 'Clear.' },
  ],
} as const

describe.each(each)('for ai %i', (version) => {
  test('every kind of content is read, and comes back as it was', async () => {
    const shown = await read(version, [start, ...content, { ...complete, message }])
    expect(shown.errors).toEqual([])
    const [answer, ...rest] = sentBack(shown)
    expect(rest).toEqual([])
    expect(answer).toEqual({
      id: 's1',
      ...message,
      metadata: { model: 'm-1', usage: complete.usage },
    })
    await expect(versions[version].accept([shown.message])).resolves.not.toHaveLength(0)
  })

  test('the message has the id of the stream, unless it continues another', async () => {
    const end: CompleteEvent = complete
    expect((await read(version, [start, text('Hi'), end])).message?.id).toBe('s1')
    const own = aiSdk({ version, messageId: 'own' })
    expect((await read(version, [start, text('Hi'), end], own)).message?.id).toBe('own')
    const continues = await read(version, [{ ...start, continues: true }, text('Hi'), end])
    expect(continues.message?.id).not.toBe('s1')
  })

  test('retries before content and those that continue are read', async () => {
    const events = [start, retry('restart'), text('On'), retry('continue'), text('ward'), complete]
    const shown = await read(version, events)
    expect(shown.errors).toEqual([])
    expect(shown.message?.parts).toContainEqual(expect.objectContaining({ text: 'Onward' }))
  })

  test('an answer that was cancelled, or failed, comes back as partial', async () => {
    for (const code of ['aborted', 'network'] as const) {
      const shown = await read(version, [start, text('Half'), failed(new StreamError(code, 'x'))])
      expect(shown.errors).toHaveLength(code === 'aborted' ? 0 : 1)
      expect(sentBack(shown)).toEqual([
        {
          id: 's1',
          role: 'assistant',
          status: 'partial',
          content: [{ type: 'text', text: 'Half' }],
        },
      ])
    }
  })

  test('calls wait for approval, and the answer and its denial come back', async () => {
    const waiting: CompleteEvent = {
      ...complete,
      finishReason: 'tool-calls',
      message: {
        role: 'assistant',
        content: ['a', 'b'].map((id) => {
          return { type: 'tool-call' as const, id, name: 'f', input: { x: 1 }, seal: `seal-${id}` }
        }),
      },
      waiting: ['a', 'b'].map((id) => ({
        id,
        name: 'f',
        input: { x: 1 },
        for: 'approval' as const,
      })),
    }
    const seals = [
      call(0, 'a', { input: '', seal: 'seal-a' }),
      call(1, 'b', { input: '', seal: 'seal-b' }),
    ]
    const shown = await read(version, [start, call(0, 'a'), call(1, 'b'), ...seals, waiting])
    expect(shown.errors).toEqual([])
    const { parts = [] } = shown.message ?? {}
    const said = parts.map((part) => {
      const approved = !JSON.stringify(part).includes('"b"')
      const answer = { approved, ...(approved ? {} : { reason: 'No.' }) }
      if (part.type === 'data-approval') {
        const { data } = part as unknown as { data: object }
        return { ...part, data: { ...data, ...answer } }
      }
      if (!('state' in part) || part.state !== 'approval-requested') return part
      const { approval } = part as unknown as { approval: object }
      return { ...part, state: 'approval-responded', approval: { ...approval, ...answer } }
    })
    const back = fromUiMessages([{ ...shown.message, parts: said } as UiMessageLike])
    expect(back.slice(1)).toEqual([
      {
        role: 'tool',
        content: [
          { type: 'tool-approval', id: 'a', approved: true },
          { type: 'tool-approval', id: 'b', approved: false, reason: 'No.' },
        ],
      },
    ])
    expect(back[0]).toMatchObject({ id: 's1', content: [{ seal: 'seal-a' }, { seal: 'seal-b' }] })
    const parsed = parseMessages(back, { signingKey: 'a key of sixteen characters' })
    expect(parsed).toHaveLength(2)
  })
})

describe.each(old)('for ai %i, which cannot remove what it shows', (version) => {
  test('a restart after content ends the answer with an error', async () => {
    const shown = await read(version, [start, text('Wrong'), retry('restart'), text('R'), complete])
    const { message: words } = new StreamError('retracted', 'x').toJSON()
    expect(shown.errors).toEqual([new Error(words)])
    expect(sentBack(shown)).toMatchObject([{ status: 'partial' }])
  })

  test('what is written for ai 7 is refused', async () => {
    const events = [start, text('Wrong'), retry('restart'), text('Right'), complete]
    const { errors } = await read(version, events, aiSdk())
    expect(errors).toHaveLength(1)
    expect(String(errors[0])).toContain('reset-step')
    const cancelled = [start, text('a'), failed(new StreamError('aborted', 'x'))]
    expect((await read(version, cancelled, aiSdk())).errors).toHaveLength(1)
  })
})

test('a call that was denied is an error of the tool in ai 5', async () => {
  const output = 'The user did not allow this call. Reason: No.'
  const events = [
    { ...start, continues: true } as const,
    result(0, 'a', { output, isError: true }),
    complete,
  ]
  const written = (version: Version): string => aiSdk({ version }).encoder().encode(events)
  expect(written(5)).toContain(
    `"type":"tool-output-error","toolCallId":"a","errorText":"${output}"`,
  )
  expect(written(6)).toContain('"type":"tool-output-denied"')
})

test('only known versions are accepted', () => {
  expect(() => aiSdk({ version: 4 as never })).toThrow('aiSdk.version')
})
