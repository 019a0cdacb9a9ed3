import { describe, expect, test } from 'vitest'
import { fromUiMessages } from '../../src/entries/formats.js'
import { parseMessages, StreamError } from '../../src/entries/index.js'

const user = { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Hi' }] } as const
type Part = { type: string; [name: string]: unknown }
const answer = (...parts: Part[]) =>
  ({ id: 'a', role: 'assistant', parts: [{ type: 'step-start' }, ...parts] }) as const
const called = { type: 'tool-f', toolCallId: 'c', input: { x: 1 } }
const call = { type: 'tool-call', id: 'c', name: 'f', input: { x: 1 } }
const contentOf = (...parts: Parameters<typeof answer>): unknown =>
  fromUiMessages([user, answer(...parts)])[1]?.content

describe('fromUiMessages()', () => {
  test('keeps text, files, sources and what the provider has to get back', () => {
    const messages = fromUiMessages([
      { id: 's', role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'Hi' },
          { type: 'file', url: 'data:image/png;base64,AAAA', mediaType: 'image/png' },
        ] as Part[],
      },
      answer(
        {
          type: 'reasoning',
          text: '',
          providerMetadata: { sluice: { signature: 's', redacted: true } },
        },
        { type: 'text', text: 'Yes', providerMetadata: { other: { signature: 'x' } } },
        { type: 'text', text: '' },
        { type: 'file', url: 'data:image/png;base64,AAAA', mediaType: 'image/png' },
        { type: 'source-url', sourceId: '1', url: 'https://x.test/', title: 'X' },
        { type: 'data-provider', id: '1', data: { name: 'n', origin: 'o', data: { a: 1 } } },
        { type: 'data-other', data: 1 },
      ),
    ])
    expect(messages).toEqual([
      { id: 's', role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'file', data: 'data:image/png;base64,AAAA', mediaType: 'image/png' },
        ],
      },
      {
        id: 'a',
        role: 'assistant',
        content: [
          { type: 'reasoning', text: '', signature: 's', redacted: true },
          { type: 'text', text: 'Yes' },
          { type: 'file', mediaType: 'image/png', data: 'AAAA' },
          { type: 'source', url: 'https://x.test/', title: 'X' },
          { type: 'provider', name: 'n', origin: 'o', data: { a: 1 } },
          {
            type: 'provider',
            name: 'data-other',
            origin: 'ai-sdk',
            data: { type: 'data-other', data: 1 },
          },
        ],
      },
    ])
    expect(() => parseMessages(messages, { roles: ['system', 'user', 'assistant'] })).not.toThrow()
  })

  test('puts the results of a step after all of its calls, and before the next step', () => {
    expect(
      contentOf(
        { ...called, state: 'output-available', output: 'one' },
        { ...called, toolCallId: 'd', state: 'output-error', errorText: 'No.' },
        { type: 'step-start' },
        { type: 'text', text: 'Done.' },
      ),
    ).toEqual([
      call,
      { ...call, id: 'd' },
      { type: 'tool-result', id: 'c', name: 'f', output: 'one' },
      { type: 'tool-result', id: 'd', name: 'f', output: 'No.', isError: true },
      { type: 'text', text: 'Done.' },
    ])
  })

  test('reads the answers to approvals, and the seals of calls that wait', () => {
    const metadata = { callProviderMetadata: { sluice: { seal: 'ff', messageId: 'm1' } } }
    const responded = { ...called, ...metadata, state: 'approval-responded' }
    const messages = fromUiMessages([
      user,
      answer(
        { ...responded, approval: { id: '1', approved: true } },
        { ...responded, toolCallId: 'd', approval: { id: '2', approved: false, reason: 'No.' } },
      ),
    ])
    expect(messages.slice(1)).toEqual([
      {
        id: 'm1',
        role: 'assistant',
        content: [
          { ...call, seal: 'ff' },
          { ...call, id: 'd', seal: 'ff' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-approval', id: 'c', approved: true },
          { type: 'tool-approval', id: 'd', approved: false, reason: 'No.' },
        ],
      },
    ])
  })

  test('a call that was cut, denied, or never answered is no open one', () => {
    const waits = { ...called, state: 'approval-requested', approval: { id: '1' } }
    const [, cut] = fromUiMessages([user, answer(waits), user])
    expect(cut?.content).toEqual([{ ...call, error: expect.stringContaining('went on') }])
    expect(
      contentOf({ ...called, input: undefined, rawInput: '{"x', state: 'input-streaming' }),
    ).toEqual([{ ...call, input: '{"x', error: expect.stringContaining('cut off') }])
    expect(
      contentOf({ ...called, state: 'output-denied', approval: { id: '1', approved: false } }),
    ).toEqual([
      call,
      {
        type: 'tool-result',
        id: 'c',
        name: 'f',
        output: 'The user did not allow this call.',
        isError: true,
      },
    ])
    const running = { ...called, state: 'output-available', output: 'early', preliminary: true }
    const [, left] = fromUiMessages([user, answer(running), user])
    expect(left?.content).toEqual([{ ...call, error: expect.any(String) }])
  })

  test.each([
    ['no list', {}],
    ['a message without parts', [{ role: 'user', content: 'Hi' }]],
    ['a part without a type', [{ role: 'user', parts: [null] }]],
    ['another role', [{ role: 'tool', parts: [] }]],
  ])('refuses %s with status 400', (_name, messages) => {
    const convert = () => fromUiMessages(messages as never)
    expect(convert).toThrow(StreamError)
    expect(convert).toThrow(expect.objectContaining({ code: 'invalid-request', status: 400 }))
  })
})
