/**
 * Chunks that are read without being parsed: whatever a provider sends, they mean what parsing them
 * says.
 */

import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { StreamError } from '../../src/base/errors.js'
import type { ContentEvent } from '../../src/base/events.js'
import { ServerSentEventReader } from '../../src/http/sse.js'
import type { WireDecoder } from '../../src/http/wire-decoder.js'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { ResponsesDecoder } from '../../src/wires/openai-responses/response.js'
import { UsualChunk } from '../../src/wires/usual-chunk.js'
import { loadRecordings, readRecording, recordingsPresent } from '../support/recordings.js'

// Made at random for calls without an id.
vi.mock('../../src/wires/call-id.js', async (original) => ({
  ...(await original<object>()),
  newCallId: () => 'call_made',
}))

interface Frame {
  data: string
  event: string | undefined
}

// Calls without an id are given a random one.
vi.spyOn(Math, 'random').mockReturnValue(0.5)
const read = vi.spyOn(UsualChunk.prototype, 'read')
let taken = 0

const decoders: Record<string, () => WireDecoder> = {
  'openai-chat': () => new ChatDecoder('p'),
  'openai-responses': () => new ResponsesDecoder('p'),
  'anthropic-messages': () => new MessagesDecoder('p'),
}

/** What two decoders say after each frame, one of which parses every frame. */
function expectSame(create: () => WireDecoder, frames: readonly Frame[]): void {
  const [usual, parsing] = [create(), create()]
  for (const { data, event } of frames) {
    const found = decode(usual, data, event)
    if (read.mock.results.at(-1)?.value !== undefined) taken++
    // No chunk that ends in a blank is learned, and JSON does not change.
    const parsed = decode(parsing, data.endsWith('}') ? `${data} ` : data, event)
    expect(read.mock.results.at(-1)?.value).toBeUndefined()
    read.mockClear()
    expect(found).toEqual(parsed)
    if (found.failure !== undefined || usual.ended) break
  }
  expect(usual.raw?.()).toEqual(parsing.raw?.())
}

function decode(decoder: WireDecoder, data: string, event: string | undefined) {
  const out: ContentEvent[] = []
  let failure: unknown
  try {
    decoder.decode(data, event, out)
  } catch (error) {
    failure = StreamError.is(error) ? [error.code, error.message.trim()] : 'another error'
  }
  const { ended, responseId } = decoder
  const completion = decoder.finished()
  return { out, failure, ended, responseId, completion, position: decoder.position?.() }
}

/** The frames of a body that comes in pieces of these lengths, over and over. */
function framesOf(body: Uint8Array, lengths: readonly number[] = [body.length || 1]): Frame[] {
  const frames: Frame[] = []
  const reader = new ServerSentEventReader((data, event) => frames.push({ data, event }))
  try {
    for (let start = 0, piece = 0; start < body.length; piece++) {
      const end = start + (lengths[piece % lengths.length] as number)
      reader.feed(body.subarray(start, end))
      start = end
    }
    reader.end()
  } catch {
    // What came before counts.
  }
  return frames
}

const texts = fc.oneof(
  fc.constantFrom('', ' a', 'stop', 'assistant', '{', '}', '",', '\\', '\n', ' ', '😀', '\ud83d'),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

const textField = /"(content|text|delta|thinking|reasoning|reasoning_content)":\s*"(?:[^"\\]|\\.)*"/

/** Ways in which a frame changes. `at` is a place in it. */
const changes: Record<string, (data: string, at: number, text: string) => string> = {
  same: (data) => data,
  'another text': (data, _at, text) =>
    data.replace(textField, (_match, name) => `"${name}":${JSON.stringify(text)}`),
  'a text that is not escaped': (data, _at, text) =>
    data.replace(textField, (_match, name) => `"${name}":"${text}"`),
  'an escaped letter': (data, at) => escapeLetter(data, at),
  'a character more': (data, at, text) => data.slice(0, at) + text.slice(0, 1) + data.slice(at),
  'a character less': (data, at) => data.slice(0, at) + data.slice(at + 1),
  'another character': (data, at) =>
    data.slice(0, at) + '{}[]:,"\\0a \t'[at % 12] + data.slice(at + 1),
  cut: (data, at) => data.slice(0, at),
  'a key twice': (data, at, text) => {
    const names = ['content', 'text', 'delta', 'thinking', 'index', 'choices', 'type', 'id']
    const value = at % 3 === 0 ? at % 2 : at % 3 === 1 ? text : { content: text, text }
    return insertAtBrace(data, at, `${JSON.stringify(names[at % 8])}:${JSON.stringify(value)},`)
  },
  'further fields': (data, at, text) => {
    const names = ['error', 'obfuscation', 'p', 'sequence_number', 'logprobs', 'usage', 'refusal']
    const value = [null, text, at, { message: text }, [text], { content: [{ token: text }] }]
    return insertAtBrace(data, at, `"${names[at % 7]}":${JSON.stringify(value[at % 6])},`)
  },
  'other numbers': (data, at) => data.replaceAll(/:\s*\d+/g, `:${at}`),
  'numbers of other forms': (data, at) =>
    data.replaceAll(/(:\s*\d+)/g, `$1${['.0', 'e0', '.5', ' ', '0'][at % 5]}`),
  'another order': (data) => rewrite(data, (value) => reversed(value)),
  'white space': (data, at) => rewrite(data, (value) => value, [1, ' ', '\t', '\r\n'][at % 4]),
  'blanks before the end': (data, at) => data.replace(/\}$/, `${' \t\n'[at % 3]?.repeat(at % 5)}}`),
}

function escapeLetter(data: string, at: number): string {
  const letter = data.slice(at).search(/[a-z]/i)
  if (letter === -1) return data
  const code = data
    .charCodeAt(at + letter)
    .toString(16)
    .padStart(4, '0')
  return `${data.slice(0, at + letter)}\\u${code}${data.slice(at + letter + 1)}`
}

function insertAtBrace(data: string, at: number, field: string): string {
  const brace = data.indexOf('{', at) + 1
  return data.slice(0, brace) + field + data.slice(brace)
}

function rewrite(
  data: string,
  change: (value: unknown) => unknown,
  space?: string | number,
): string {
  try {
    return JSON.stringify(change(JSON.parse(data)), null, space)
  } catch {
    return data
  }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, reversed(each)]),
  )
}

interface Change {
  frame: number
  name: string
  at: number
  text: string
  event: string
  more: number
}

const change: fc.Arbitrary<Change> = fc.record({
  frame: fc.nat(1_000),
  name: fc.constantFrom(...Object.keys(changes)),
  at: fc.nat(400),
  text: texts,
  event: fc.constantFrom('same', 'error', 'none'),
  /** The frame comes in addition, and so often. */
  more: fc.nat(3),
})

/** Changes frames, or adds changed ones after those that they come from. */
function changed(frames: readonly Frame[], list: readonly Change[]): Frame[] {
  const result = [...frames]
  for (const { frame, name, at, text, event, more } of list) {
    const position = frame % result.length
    const { data, event: own } = result[position] as Frame
    const others = { same: own, error: 'error', none: undefined }
    const next = (count: number): Frame => ({
      data: changes[name]?.(data, (at + count) % (data.length + 1), text) ?? data,
      event: at % 9 === 0 ? others[event as keyof typeof others] : own,
    })
    const added = Array.from({ length: Math.max(1, more) }, (_, count) => next(count))
    result.splice(position + (more > 0 ? 1 : 0), more > 0 ? 0 : 1, ...added)
  }
  return result
}

const lists = fc.array(change, { minLength: 1, maxLength: 12 })

const head = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' }
const chat = (delta: object, finish: string | null = null, more: object = {}): object => ({
  ...head,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...more,
})
const pieces = ['The', ' fox', ' "jumps"', ' over\n', ' a long word that is not copied', ' 😀', '.']

/** Answers as their makers send them. */
const answers: Record<string, { wire: string; events: object[] }> = {
  'Chat Completions': {
    wire: 'openai-chat',
    events: [
      chat({ role: 'assistant', content: '' }),
      ...pieces.map((content, at) =>
        chat({ content }, null, { obfuscation: 'abcdefghi'.slice(at) }),
      ),
      chat({}, 'stop'),
    ],
  },
  'Chat Completions with reasoning': {
    wire: 'openai-chat',
    events: [
      chat({ role: 'assistant', content: '' }),
      ...pieces.map((text) => chat({ content: null, reasoning_content: text }, null, { p: 'abc' })),
      ...pieces.map((content) => chat({ role: 'assistant', content, reasoning_content: null })),
      chat({}, 'stop'),
    ],
  },
  Messages: {
    wire: 'anthropic-messages',
    events: [
      { type: 'message_start', message: { id: 'm1', model: 'claude', content: [], usage: {} } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      ...pieces.map((thinking) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'thinking_delta', thinking },
      })),
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      ...pieces.map((text) => ({
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'text_delta', text },
      })),
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ],
  },
  Responses: {
    wire: 'openai-responses',
    events: [
      { type: 'response.created', response: { id: 'r1', model: 'm', background: true } },
      ...pieces.map((delta, at) => ({
        type: 'response.reasoning_summary_text.delta',
        sequence_number: at + 1,
        item_id: 'rs_1',
        output_index: 0,
        summary_index: 0,
        delta,
        obfuscation: 'abcdefghi'.slice(at),
      })),
      ...pieces.map((delta, at) => ({
        type: 'response.output_text.delta',
        sequence_number: at + 8,
        item_id: 'msg_1',
        output_index: 1,
        content_index: 0,
        delta,
        logprobs: [],
        obfuscation: 'abcdefghi'.slice(at),
      })),
      { type: 'response.completed', response: { id: 'r1', status: 'completed', output: [] } },
    ],
  },
}

function framesOfAnswer(events: readonly object[]): Frame[] {
  return events.map((event, at) => {
    const { type } = event as { type?: string }
    // Anthropic's blanks
    const data = JSON.stringify(event).replace(/\}$/, `${' '.repeat(type ? at % 4 : 0)}}`)
    return { data, event: type }
  })
}

describe.each(Object.entries(answers))('an answer of %s', (_name, { wire, events }) => {
  const create = decoders[wire] as () => WireDecoder
  const frames = framesOfAnswer(events)

  test('is read without parsing most of its deltas', () => {
    taken = 0
    expectSame(create, frames)
    // Of each run of them, one is parsed to be learned; the first two are not learned.
    const runs = frames.filter(({ data }) => data.includes('fox')).length
    expect(taken).toBe(runs * (pieces.length - 1) - 2)
  })

  test('means what parsing it says, however its frames are changed', () => {
    fc.assert(
      fc.property(lists, (list) => expectSame(create, changed(frames, list))),
      { numRuns: 600 },
    )
  })
})

/** Deltas that mean more than their text if they come again, and values that look like others. */
const unusual: Record<string, { wire: string; events: object[]; damage?: [RegExp, string] }> = {
  'of another choice': {
    wire: 'openai-chat',
    events: [{ ...head, choices: [{ index: 1, delta: { content: 'TEXT' } }] }],
  },
  'of two choices': {
    wire: 'openai-chat',
    events: [
      {
        ...head,
        choices: [{ delta: { content: 'TEXT' } }, { index: 0, delta: { content: 'more' } }],
      },
    ],
  },
  'with two texts': {
    wire: 'openai-chat',
    events: [chat({ content: 'TEXT', reasoning_content: 'thought' })],
  },
  'with sources': {
    wire: 'openai-chat',
    events: [
      chat({ content: 'TEXT' }, null, { citations: ['https://a.test'] }),
      chat({ content: 'TEXT' }, null, { search_results: [{ url: 'https://b.test' }] }),
    ],
  },
  'with log probabilities': {
    wire: 'openai-chat',
    events: [
      {
        ...head,
        choices: [{ delta: { content: 'TEXT' }, logprobs: { content: [{ token: 'a' }] } }],
      },
    ],
  },
  'with the ids of tokens': {
    wire: 'openai-chat',
    events: [{ ...head, choices: [{ delta: { content: 'TEXT' }, token_ids: [1] }] }],
  },
  'with a text that is the model, too': {
    wire: 'openai-chat',
    events: [chat({ content: 'text 4' }, null, { model: 'TEXT' })],
  },
  'with a padding that is no string of JSON': {
    wire: 'openai-chat',
    events: [chat({ content: 'TEXT' }, null, { obfuscation: 'abcQ' })],
    damage: [/Q/, '\\q'],
  },
  'with a number that is none of JSON': {
    wire: 'openai-responses',
    events: [{ type: 'response.output_text.delta', delta: 'TEXT', sequence_number: 7 }],
    damage: [/:7/, ':007'],
  },
  'with log probabilities of Responses': {
    wire: 'openai-responses',
    events: [{ type: 'response.output_text.delta', delta: 'TEXT', logprobs: [{ token: 'a' }] }],
  },
  'with an object as the number of its part': {
    wire: 'openai-responses',
    events: [{ type: 'response.output_text.delta', delta: 'TEXT', content_index: {} }],
  },
  'with an object as the number of its block': {
    wire: 'anthropic-messages',
    events: [
      {
        type: 'content_block_delta',
        index: {},
        delta: { type: 'text_delta', text: 'TEXT' },
      },
    ],
  },
}

test.each(Object.entries(unusual))('a delta %s means what parsing it says', (_name, each) => {
  const { wire, events, damage = [/$^/, ''] } = each
  const frames = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((count) =>
    events.map((event): Frame => {
      const data = JSON.stringify(event).replace('TEXT', `text ${count}`)
      return { data: count > 6 ? data.replace(...damage) : data, event: undefined }
    }),
  )
  expectSame(decoders[wire] as () => WireDecoder, frames)
})

if (!recordingsPresent) {
  test.skip('the recordings of real providers are not beside this checkout, so they are not changed', () => {})
}

describe.runIf(recordingsPresent)('a recorded answer means what parsing it says', () => {
  const recordings = Object.keys(decoders).flatMap(loadRecordings)

  test.each(recordings)('however its frames are changed: $file', (recording) => {
    const create = decoders[recording.wire] as () => WireDecoder
    const frames = framesOf(readRecording(recording)).slice(0, 120)
    expectSame(create, frames)
    fc.assert(
      fc.property(lists, (list) => expectSame(create, changed(frames, list))),
      { numRuns: 20 },
    )
  })

  test.each(recordings)('however its bytes are changed and cut: $file', (recording) => {
    const create = decoders[recording.wire] as () => WireDecoder
    const body = readRecording(recording).subarray(0, 20_000)
    const edit = fc.record({ at: fc.nat(body.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
        (edits, lengths) => {
          const bytes = body.slice()
          for (const { at, byte } of edits) bytes[at] = byte
          expectSame(create, framesOf(bytes, lengths))
        },
      ),
      { numRuns: 5 },
    )
  })
})
