/** Histories for converters: what every shape of messages can hold in some way. */

import * as fc from 'fast-check'
import type {
  InputPart,
  Message,
  OutputPart,
  ToolCallPart,
  ToolResultPart,
} from '../../src/base/messages.js'

const words = fc.constantFrom('a', 'b c', ' done', '\n\n', 'ä\u2028', 'Error: x')
const json = fc.constantFrom<unknown>('ok', '', { a: 1 }, [1, null], 5, true, null)
const signature = fc.option(
  fc.constantFrom(
    'by hand',
    'anthropic-messages/anthropic:c2ln',
    'gemini/google:c2ln',
    'openai-responses/openai:{"id":"rs_1","encrypted_content":"xyz"}',
    'openai-chat/xai:{"type":"reasoning.encrypted","data":"xyz"}',
  ),
  { nil: undefined },
)

/** Without fields that are undefined. */
function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const known = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(known) as { [K in keyof T]: Exclude<T[K], undefined> }
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

/** @param data - an image's or file's, in the form that the shape gives back */
export function inputParts(data: fc.Arbitrary<string>): fc.Arbitrary<InputPart> {
  return fc.oneof(
    fc.record({ type: fc.constant('text' as const), text: words }),
    fc
      .record({
        type: fc.constant('image' as const),
        data,
        mediaType: fc.constant('image/png'),
        detail: maybe(fc.constantFrom('low' as const, 'high' as const)),
      })
      .map(compact),
    fc
      .record({
        type: fc.constant('file' as const),
        data,
        mediaType: fc.constantFrom('application/pdf', 'audio/mpeg', 'video/mp4', 'image/png'),
        filename: maybe(fc.constant('x.pdf')),
      })
      .map(compact),
  )
}

const texts: fc.Arbitrary<OutputPart> = fc
  .record({ type: fc.constant('text' as const), text: words, signature })
  .map(compact)
const reasoning: fc.Arbitrary<OutputPart> = fc
  .record({
    type: fc.constant('reasoning' as const),
    text: words,
    signature,
    redacted: maybe(fc.constant(true as const)),
  })
  .map(compact)
const others: fc.Arbitrary<OutputPart> = fc.oneof(
  fc
    .record({
      type: fc.constant('source' as const),
      url: maybe(fc.constant('https://x.test/')),
      title: maybe(fc.constant('X')),
      raw: fc.constant({ page: 1 }),
    })
    .map(compact),
  fc
    .record({
      type: fc.constant('file' as const),
      mediaType: fc.constant('image/png'),
      data: fc.constant('AAAA'),
      signature,
    })
    .map(compact),
  fc
    .record({
      type: fc.constant('provider' as const),
      name: fc.constant('n'),
      origin: fc.constant('o/p'),
      data: json,
      partial: maybe(fc.constant(true as const)),
    })
    .map(compact),
)

type Made = Pick<ToolCallPart, 'input'> & {
  signature?: string | undefined
  custom?: true
  error?: string
  outcome: Omit<ToolResultPart, 'type' | 'id' | 'name'> | undefined
}

/** A call, and what came of it. */
const made: fc.Arbitrary<Made> = fc.oneof(
  fc.record({
    input: fc.constantFrom({ x: 1 }, {}),
    signature,
    outcome: fc.oneof(
      json.map((output) => ({ output })),
      json.map((output) => ({ output, isError: true as const })),
      fc.constantFrom(
        { output: 'The user did not allow this call.', isError: true },
        { output: 'The user did not allow this call. Reason: No.', isError: true },
        {
          output: 'seen',
          content: [
            { type: 'text' as const, text: 'look' },
            { type: 'image' as const, data: 'https://x.test/a.png', mediaType: 'image/png' },
          ],
        },
      ),
    ),
  }),
  fc.record({
    input: fc.constant('SELECT 1'),
    custom: fc.constant(true as const),
    outcome: fc.constant({ output: 'ok' }),
  }),
  fc.record({
    input: fc.constantFrom<unknown>('{"x', { x: 1 }),
    error: fc.constant('The arguments were cut off before they were complete.'),
    outcome: fc.constant(undefined),
  }),
)

export interface AnswerShape {
  /** One text at most in each step, and in which order. */
  oneText: boolean
}

/** A step: its parts, then its calls, then their results. */
function steps({ oneText }: AnswerShape): fc.Arbitrary<OutputPart[]> {
  const before = oneText
    ? fc
        .tuple(
          fc.array(reasoning, { maxLength: 2 }),
          maybe(texts),
          fc.array(fc.tuple(fc.nat(3), others), { maxLength: 2 }),
        )
        .map(([thoughts, text, placed]) => {
          const parts = [...thoughts, ...(text === undefined ? [] : [text])]
          for (const [at, part] of placed) parts.splice(at, 0, part)
          return parts
        })
    : fc.array(fc.oneof(texts, reasoning, others), { maxLength: 4 })
  const step = fc.tuple(before, fc.array(made, { maxLength: 3 }))
  return fc.array(step, { minLength: 1, maxLength: 3 }).map((all) => {
    const content: OutputPart[] = []
    for (const [number, [parts, calls]] of all.entries()) {
      content.push(...parts)
      const results: OutputPart[] = []
      for (const [at, { outcome, ...call }] of calls.entries()) {
        const id = `call-${number}-${at}`
        content.push(compact({ type: 'tool-call', id, name: 'f', ...call }))
        if (outcome === undefined) continue
        results.push({ type: 'tool-result', id, name: 'f', ...outcome })
      }
      content.push(...results)
      // Without results, what follows belongs to the same step.
      if (results.length === 0) break
    }
    return content
  })
}

const fields = fc
  .record({
    status: maybe(fc.constant('partial' as const)),
    errorCode: maybe(fc.constantFrom('aborted' as const, 'network' as const)),
    key: maybe(fc.constant('k')),
    createdAt: maybe(fc.constantFrom<string | number>('2026-11-30', 5)),
    metadata: maybe(fc.constantFrom<unknown>({ a: 1 }, { a: { b: [1] } }, 'text', 7)),
  })
  // Only what broke off has broken off for a reason.
  .map(({ errorCode, ...more }) => compact({ ...more, errorCode: more.status && errorCode }))

/** @param tail - what an answer at the end may leave open */
export function histories(
  input: fc.Arbitrary<InputPart>,
  shape: AnswerShape,
): fc.Arbitrary<Message[]> {
  const user = fc
    .tuple(fields, fc.array(input, { minLength: 1, maxLength: 3 }))
    .map(([more, content]): Message => {
      const { status: _status, errorCode: _errorCode, ...rest } = more
      return { role: 'user', content, ...rest }
    })
  const answers = fc
    .tuple(fields, steps(shape))
    .filter(([, content]) => content.length > 0)
    .map(([more, content]): Message => ({ role: 'assistant', content, ...more }))
  return fc
    .array(fc.oneof(user, answers), { maxLength: 6 })
    .map((all) => all.map((message, at) => ({ id: `m${at}`, ...message })))
}
