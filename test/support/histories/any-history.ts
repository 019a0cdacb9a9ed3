/** Conversations with everything that a message can hold, made anywhere, cut anywhere. */

import * as fc from 'fast-check'
import type {
  ForProviders,
  InputPart,
  Message,
  OutputPart,
  ProviderPart,
  ToolCallPart,
  ToolResultPart,
} from '../../../src/base/messages.js'
import type { WireName } from '../../../src/wires/wire-name.js'
import { knownBlocks, laterBlocks } from './blocks.js'
import { cacheMarks, dressed, forProviders } from './options.js'
import { broken, markOf, type Origin, origins } from './origins.js'

export interface HistoryOptions {
  /** The wire that the history is sent over, whose options it has. */
  wire: WireName
  /** Only blocks that the SDKs know. */
  isKnown: boolean
  /** Turns that were read from providers. */
  turns: readonly Message[][]
}

const words = fc.constantFrom('', ' ', '\n\n', 'a', 'b c', 'done ')
const ids = fc.constantFrom('', 'c1', 'c2', 'functions.get:0', 'x'.repeat(80))
const origin = fc.constantFrom(...origins)

function signed([wire, maker]: Origin, value: unknown): string {
  return `${wire}/${maker}:${typeof value === 'string' ? value : JSON.stringify(value)}`
}

/** Signatures of every wire for what it signs. */
const signatures: Record<'text' | 'call' | 'file', (origin: Origin) => fc.Arbitrary<string>> = {
  text: (from) => {
    const mark = markOf(from)
    return fc.constantFrom(
      signed(from, from[0] === 'gemini' ? mark : { mark }),
      signed(from, { id: `msg_${mark}`, phase: 'commentary' }),
      signed(from, { id: `msg_${mark}`, status: 'incomplete' }),
      signed(from, { id: `msg_2${mark}`, refusal: true }),
      signed(from, { phase: 'final_answer', mark }),
      signed(from, { audio: { id: mark, expires_at: 99_999_999_999 } }),
      signed(from, { audio: { id: broken, expires_at: 1 } }),
    )
  },
  call: (from) => {
    const mark = markOf(from)
    const byCode = { type: 'code_execution_20260120', tool_id: 's1' }
    const byProgram = { type: 'program', caller_id: mark }
    const isMessages = from[0] === 'anthropic-messages'
    return fc.constantFrom(
      signed(from, from[0] === 'gemini' ? mark : { mark: isMessages ? undefined : mark }),
      signed(from, isMessages ? { caller: byCode } : { caller: byProgram, namespace: mark }),
      signed(from, isMessages ? { toolset_name: mark } : { namespace: mark, async: false }),
    )
  },
  file: (from) => fc.constant(signed(from, markOf(from))),
}

const signatureOfReasoning = origin.map((from) => {
  const mark = markOf(from)
  const kept = { id: `rs_${mark}`, encrypted_content: mark }
  if (from[0] === 'openai-responses') return signed(from, kept)
  if (from[0] === 'openai-chat') return signed(from, { type: 'reasoning.encrypted', data: mark })
  return signed(from, mark)
})

function maybeSigned<T extends OutputPart>(
  part: fc.Arbitrary<T>,
  signature: fc.Arbitrary<string>,
): fc.Arbitrary<T> {
  return fc
    .tuple(part, fc.option(signature, { nil: undefined }))
    .map(([value, sign]) => (sign === undefined ? value : { ...value, signature: sign }))
}

// ---------------------------------------------------------------- for the model

const data = fc.constantFrom<string | Uint8Array>(
  'iVBORw0KGgo=',
  'https://a.test/x.png',
  'data:image/gif;base64,R0lG',
  new Uint8Array([1]),
)

function inputParts(wire: WireName): fc.Arbitrary<InputPart> {
  const fileOf = (...mediaTypes: readonly string[]): fc.Arbitrary<InputPart> =>
    fc.record(
      {
        type: fc.constant('file' as const),
        data: fc.constantFrom<string | Uint8Array>(
          'aGk=',
          '',
          'https://a.test/x',
          new Uint8Array(),
        ),
        mediaType: fc.constantFrom(...mediaTypes),
        filename: fc.constantFrom('x.pdf', 'y'),
      },
      { requiredKeys: ['type', 'data', 'mediaType'] },
    )
  const documents = fileOf('application/pdf', 'text/plain', 'text/csv', 'application/json')
  const images: fc.Arbitrary<InputPart> = fc.record(
    {
      type: fc.constant('image' as const),
      data,
      detail: fc.constantFrom(
        'auto' as const,
        'low' as const,
        'high' as const,
        'original' as const,
      ),
    },
    { requiredKeys: ['type', 'data'] },
  )
  const texts: fc.Arbitrary<InputPart> = fc.record({ type: fc.constant('text'), text: words })
  // Some wires refuse the whole history for these, so there are few.
  const refused: fc.Arbitrary<InputPart> = fc.constantFrom<InputPart>(
    { type: 'file', data: 'UklGRg==', mediaType: 'audio/wav' },
    { type: 'image', data: 'aGk=', mediaType: 'image/heic' },
    { type: 'image', data: 'aGk=', mediaType: 'image/svg+xml' },
    { type: 'image', data: 'aGk=', mediaType: 'image/jpg' },
    { type: 'image', data: 'file_abc' },
    { type: 'file', data: 'file-abc', mediaType: 'application/pdf' },
    { type: 'file', data: 'files/abc', mediaType: 'application/pdf' },
  )
  return fc.oneof(
    { weight: 20, arbitrary: dressed(wire, 'other', texts) },
    { weight: 12, arbitrary: dressed(wire, 'image', fc.oneof(images, fileOf('image/png'))) },
    { weight: 12, arbitrary: dressed(wire, 'document', documents) },
    { weight: 1, arbitrary: refused },
  )
}

// ---------------------------------------------------------------- of the model

/** One block, or a result after its tool. */
function blocks(isKnown: boolean): fc.Arbitrary<ProviderPart[]> {
  const which = fc.noBias(fc.nat(99))
  return fc
    .tuple(origin, fc.constantFrom('s1', 's2', 'srv_1'), which, fc.noBias(fc.nat(9)), cacheMarks)
    .map(([from, id, at, luck, cache]) => {
      const isPartial = luck === 0
      const mark = isPartial ? broken : markOf(from)
      const later = isKnown ? [] : laterBlocks(from[0], mark, id)
      const all = [...knownBlocks(from[0], mark, id), ...later]
      const last = at % all.length
      const isResult = all[last]?.tool_use_id !== undefined
      return all.slice(isResult && luck > 2 ? last - 1 : last, last + 1).map((block) => {
        const name = typeof block.type === 'string' ? block.type : 'part'
        const part = { type: 'provider' as const, name, origin: from.join('/'), data: block }
        if (isPartial) return { ...part, partial: true as const }
        return luck === 1 ? { ...part, cache } : part
      })
    })
}

const call: fc.Arbitrary<ToolCallPart> = fc
  .tuple(
    ids,
    fc.constantFrom('f', 'g', ''),
    fc.constantFrom<Partial<ToolCallPart>>(
      { input: { x: 1 } },
      { input: '{"x', error: 'The arguments were cut off before they were complete.' },
      { input: null },
      { input: [1] },
      { input: 'SELECT 1', custom: true },
    ),
  )
  .map(([id, name, more]) => ({ type: 'tool-call', id, name, input: undefined, ...more }))

const source: fc.Arbitrary<OutputPart> = fc
  .constantFrom<unknown>(
    undefined,
    'a',
    {
      type: 'web_search_result_location',
      url: 'https://a.test/',
      title: null,
      encrypted_index: markOf(['anthropic-messages', 'anthropic']),
      cited_text: 'c',
    },
    { type: 'char_location', cited_text: 'c', document_index: 0 },
    { type: 'url_citation', url: 'https://a.test/', title: 'A', start_index: 0, end_index: 1 },
    { type: 'url_citation', url_citation: { url: 'https://a.test/', title: 'A' } },
    { type: 'file_citation', file_id: 'file-1', filename: 'a', index: 0 },
    { web: { uri: 'https://a.test/', title: 'A' } },
  )
  .map((raw) => ({ type: 'source' as const, url: 'https://a.test/', ...(raw ? { raw } : {}) }))

const file: fc.Arbitrary<OutputPart> = fc
  .tuple(
    fc.constantFrom('image/png', 'audio/pcm;rate=24000'),
    fc.constantFrom('AAAA', ''),
    fc.nat(3),
  )
  .map(([mediaType, content, luck]) => {
    const part = { type: 'file' as const, mediaType }
    return luck === 0
      ? { ...part, data: broken, partial: true as const }
      : { ...part, data: content }
  })

function outputParts(wire: WireName, isKnown: boolean): fc.Arbitrary<OutputPart[]> {
  const texts = fc.record({ type: fc.constant('text' as const), text: words })
  const thoughts = fc.oneof(
    fc.record({ type: fc.constant('reasoning' as const), text: words }),
    fc.constant({ type: 'reasoning' as const, text: '', redacted: true as const }),
  )
  const signedText = maybeSigned(texts, origin.chain(signatures.text))
  const parts: fc.Arbitrary<OutputPart> = fc.oneof(
    { weight: 3, arbitrary: signedText },
    { weight: 2, arbitrary: maybeSigned(thoughts, signatureOfReasoning) },
    { weight: 3, arbitrary: maybeSigned(call, origin.chain(signatures.call)) },
    {
      weight: 1,
      arbitrary: maybeSigned(file as fc.Arbitrary<never>, origin.chain(signatures.file)),
    },
    { weight: 2, arbitrary: source },
  )
  return fc.oneof(
    { weight: 3, arbitrary: dressed(wire, 'other', parts).map((part) => [part]) },
    { weight: 2, arbitrary: blocks(isKnown) },
  )
}

// ---------------------------------------------------------------- conversations

function results(wire: WireName): fc.Arbitrary<ToolResultPart> {
  const result = fc.record(
    {
      type: fc.constant('tool-result' as const),
      id: ids,
      name: fc.constantFrom('f', 'h', ''),
      output: fc.constantFrom<unknown>('', 'ok', { a: 1 }, undefined, null),
      content: fc.array(inputParts(wire), { maxLength: 3 }),
      isError: fc.boolean(),
    },
    { requiredKeys: ['type', 'id', 'name', 'output'] },
  )
  return dressed(wire, 'other', result)
}

function messages({ wire, isKnown }: HistoryOptions): fc.Arbitrary<Message> {
  const fields: fc.Arbitrary<ForProviders> = forProviders(wire, 'other')
  const own = { id: 'm1', status: 'partial' as const, createdAt: 1, metadata: { broken } }
  const user = fc.record({
    role: fc.constant('user' as const),
    content: fc.oneof(words, fc.array(inputParts(wire), { maxLength: 3 })),
  })
  const system = fc.record({
    role: fc.constant('system' as const),
    content: fc.oneof(words, fc.array(inputParts(wire), { maxLength: 2 })),
  })
  const assistant = fc.record({
    role: fc.constant('assistant' as const),
    content: fc.oneof(
      words,
      fc.array(outputParts(wire, isKnown), { maxLength: 6 }).map((parts) => parts.flat()),
    ),
  })
  const tool = fc.record({
    role: fc.constant('tool' as const),
    content: fc.array(results(wire), { maxLength: 3 }),
  })
  const one: fc.Arbitrary<Message> = fc.oneof(
    { weight: 3, arbitrary: dressed(wire, 'user', user) },
    { weight: 1, arbitrary: system },
    { weight: 4, arbitrary: assistant },
    { weight: 3, arbitrary: tool },
  )
  return fc
    .tuple(one, fields, fc.boolean())
    .map(([message, more, hasOwn]) => ({ ...more, ...message, ...(hasOwn ? own : {}) }))
}

/** Histories for one wire. Turns that were read may be cut, like everything else. */
export function anyHistory(options: HistoryOptions): fc.Arbitrary<Message[]> {
  const turn = fc.oneof(
    { weight: 2, arbitrary: messages(options).map((message) => [message]) },
    { weight: 1, arbitrary: fc.constantFrom(...options.turns) },
  )
  return fc
    .tuple(fc.array(turn, { minLength: 1, maxLength: 8, size: 'max' }), fc.nat(2))
    .map(([turns, from]) => turns.flat().slice(from))
}
