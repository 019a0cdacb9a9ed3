/** Conversations of texts, calls and reasoning of any kind, made on any wire, cut anywhere. */

import * as fc from 'fast-check'
import { StreamError } from '../../../src/base/errors.js'
import type { InputPart, Message, OutputPart, ToolCallPart } from '../../../src/base/messages.js'

const words = fc.constantFrom('', ' ', '\n\n', 'a', 'b c', 'done ')
const ids = fc.constantFrom('', 'c1', 'c2', 'functions.get:0', 'x'.repeat(80))

/** An item of the Responses wire as it is kept. */
export function encrypted(id: string): string {
  return `openai-responses:{"id":"${id}","encrypted_content":"xyz"}`
}

const signatures = fc.constantFrom(
  undefined,
  '',
  // By hand, or from before signatures said who made them
  'c2ln',
  '{',
  '{"id":1}',
  'anthropic-messages:c2ln',
  'anthropic-messages/minimax:other',
  'gemini:c2ln',
  'openai-chat/xai:{"type":"reasoning.encrypted","data":"xyz"}',
  'openai-chat:{',
  encrypted('r1'),
  encrypted('r2'),
)

const data = fc.constantFrom<string | Uint8Array>(
  'iVBORw0KGgo=',
  'aGk=',
  '',
  'https://a.test/x.png',
  'gs://a/b',
  new Uint8Array([1]),
  new Uint8Array(),
)

const inputPart: fc.Arbitrary<InputPart> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: words }),
  fc.record({ type: fc.constant('image' as const), data }),
  fc.record({
    type: fc.constant('file' as const),
    data,
    mediaType: fc.constantFrom(
      'application/pdf',
      'text/plain',
      'application/json',
      'audio/wav',
      'image/png',
    ),
  }),
)

const call: fc.Arbitrary<ToolCallPart> = fc
  .tuple(
    ids,
    fc.constantFrom('f', 'g', ''),
    fc.constantFrom<Partial<ToolCallPart>>(
      { input: { x: 1 } },
      { input: {} },
      { input: '{"x' },
      { input: '{"x', error: 'The arguments were cut off before they were complete.' },
      { input: null },
      {},
      { input: [1] },
      { input: 5 },
      { input: 'SELECT 1', custom: true },
    ),
  )
  .map(([id, name, more]) => ({ type: 'tool-call', id, name, input: undefined, ...more }))

const outputPart: fc.Arbitrary<OutputPart> = fc
  .tuple(
    fc.oneof(
      fc.record({ type: fc.constant('text' as const), text: words }),
      fc.record({ type: fc.constant('reasoning' as const), text: words }),
      fc.constant({ type: 'reasoning' as const, text: '', redacted: true as const }),
      call,
    ),
    signatures,
  )
  .map(([part, signature]) => (signature === undefined ? part : { ...part, signature }))

const leftOut: fc.Arbitrary<OutputPart> = fc.oneof(
  fc.constant({ type: 'source' as const, url: 'https://a.test/' }),
  fc.record({
    type: fc.constant('file' as const),
    mediaType: fc.constantFrom('image/png', 'audio/pcm'),
    data: fc.constantFrom('AAAA', ''),
  }),
)

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    role: fc.constantFrom('user' as const, 'system' as const),
    content: fc.oneof(words, fc.array(inputPart, { maxLength: 3 })),
  }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: fc.oneof(
      words,
      fc.array(fc.oneof({ arbitrary: outputPart, weight: 4 }, leftOut), { maxLength: 5 }),
    ),
  }),
  fc.record({
    role: fc.constant('tool' as const),
    content: fc.array(
      fc.record({
        type: fc.constant('tool-result' as const),
        id: ids,
        name: fc.constantFrom('f', 'h', ''),
        output: fc.constantFrom<unknown>('', 'ok', { a: 1 }, undefined, null, 10n, { b: 10n }),
        isError: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
  }),
)

const histories = fc.array(message, { maxLength: 12 })

/** Checks what an encoder makes of many histories; those that hold nothing it may refuse. */
export function checkHistories<Body>(
  encode: (messages: Message[]) => Body,
  check: (body: Body) => void,
): void {
  const property = fc.property(histories, (messages) => {
    let body: Body
    try {
      body = encode(messages)
    } catch (error) {
      if (StreamError.is(error) && error.code === 'invalid-request') return
      throw error
    }
    check(body)
  })
  fc.assert(property, { numRuns: 1_000 })
}
