/** Parts of Gemini that have no kind of their own: as content, in a message, and in the next request. */

import { describe, expect, test } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { AssistantMessage, Message } from '../../src/base/messages.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'
import { readerOf, shown } from '../support/decode.js'

const read = readerOf(() => new GeminiDecoder('p'))
const modelVersion = 'gemini-3-pro'
const chunk = (...parts: unknown[]): object => ({
  candidates: [{ content: { role: 'model', parts }, index: 0 }],
  modelVersion,
})

/** The answer as a message that was stored as JSON. */
function answer(...parts: unknown[]): AssistantMessage {
  const message = new Accumulator()
  for (const event of read(chunk(...parts)).out) message.add(event)
  return JSON.parse(JSON.stringify(message.message(false)))
}

/** The parts that go back to Gemini, as JSON. */
function sentBack(message: Message, model = modelVersion, results: Message[] = []): string[] {
  const messages: Message[] = [{ role: 'user', content: 'q' }, message, ...results]
  const { contents } = encodeGeminiRequest({ messages }, model)
  const [, turn] = contents as { parts: unknown[] }[]
  return turn?.parts.map((part) => JSON.stringify(part)) ?? []
}

const code = { executableCode: { language: 'PYTHON', code: 'print(1)' }, thoughtSignature: 'c2ln' }
const result = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }
const search = { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['x'] }, id: 't1' } }
const found = { thoughtSignature: 'c2ln', toolResponse: { id: 't1', response: { hits: [null] } } }
const video = {
  videoMetadata: { fps: 1 },
  fileData: { fileUri: 'gs://a/b', mimeType: 'video/mp4' },
}
const unknown = { partMetadata: { a: 1 }, somethingNew: [1, { b: '\u2028' }], thought: true }

describe('a part without a kind of its own', () => {
  test('is provider content under the name of its field, in its place among text', () => {
    const parts = [code, result, { text: 'a' }, search, found, { text: 'b' }, video, unknown]
    const origin = 'gemini/google'
    expect(shown(read(chunk(...parts)))).toEqual([
      `0 ${origin} executableCode ${JSON.stringify(code)}`,
      `1 ${origin} codeExecutionResult ${JSON.stringify(result)}`,
      '2 text a',
      `3 ${origin} toolCall ${JSON.stringify(search)}`,
      `4 ${origin} toolResponse ${JSON.stringify(found)}`,
      '5 text b',
      `6 ${origin} fileData ${JSON.stringify(video)}`,
      `7 ${origin} somethingNew ${JSON.stringify(unknown)}`,
    ])
  })

  test('goes back byte-equal and in order, after a stay in JSON', () => {
    const parts = [code, result, { text: 'a' }, search, found, { text: 'b' }, video, unknown]
    for (const model of [modelVersion, 'gemini-2.5-flash']) {
      expect(sentBack(answer(...parts), model)).toEqual(parts.map((part) => JSON.stringify(part)))
    }
  })

  test('goes back beside calls, whose signatures stay theirs', () => {
    const functionCall = { id: 'c1', name: 'f', args: {} }
    const parts = [search, found, { functionCall, thoughtSignature: 'Q0FMTA==' }]
    const results: Message[] = [
      { role: 'tool', content: [{ type: 'tool-result', id: 'c1', name: 'f', output: 'ok' }] },
    ]
    expect(sentBack(answer(...parts), modelVersion, results)).toEqual(
      parts.map((part) => JSON.stringify(part)),
    )
  })

  test('is not changed by a request', () => {
    const message = answer(code, search)
    const before = JSON.stringify(message)
    sentBack(message)
    expect(JSON.stringify(message)).toBe(before)
  })

  test('goes to no other wire, and to no model of another maker', () => {
    const message = answer({ text: 'It is 1.' }, code, result)
    const messages: Message[] = [
      { role: 'user', content: 'q' },
      message,
      { role: 'user', content: 'q2' },
    ]
    for (const body of [
      encodeChatRequest({ messages }, 'gpt-5.5'),
      encodeResponsesRequest({ messages }, 'gpt-5.5'),
      encodeMessagesRequest({ messages }, 'claude-sonnet-5'),
      encodeGeminiRequest({ messages }, 'claude-sonnet-5'),
    ]) {
      expect(JSON.stringify(body)).toContain('It is 1.')
      expect(JSON.stringify(body)).not.toMatch(/executableCode|print\(1\)/)
    }
  })

  test('of another wire does not go to Gemini, nor does one that never came whole', () => {
    const data = { type: 'server_tool_use' }
    const block = { type: 'provider' as const, name: 'server_tool_use', data }
    const content = [
      { ...block, origin: 'anthropic-messages/anthropic' },
      { ...block, origin: 'gemini/google', partial: true as const },
      { type: 'text' as const, text: 'a' },
    ]
    expect(sentBack({ role: 'assistant', content })).toEqual(['{"text":"a"}'])
  })

  test('is left out if it is empty, and kept if it holds nothing but a signature', () => {
    expect(
      shown(read(chunk({}, { thought: true }, { text: '' }, { executableCode: null }))),
    ).toEqual([])
    const signature = { thoughtSignature: 'c2ln' }
    expect(sentBack(answer({ text: 'a' }, signature))).toEqual([
      '{"text":"a"}',
      JSON.stringify(signature),
    ])
  })

  test('is found beside an empty text', () => {
    const part = { text: '', executableCode: { code: '1' } }
    expect(shown(read(chunk(part)))).toEqual([
      `0 gemini/google executableCode ${JSON.stringify(part)}`,
    ])
  })
})

describe('a signature', () => {
  test('of a text survives beside unknown fields', () => {
    const parts = [{ text: 'a', partMetadata: { k: 1 }, thoughtSignature: 'c2ln' }]
    expect(sentBack(answer(...parts))).toEqual(['{"text":"a","thoughtSignature":"c2ln"}'])
  })

  test('of an image goes back with the image', () => {
    const inlineData = { mimeType: 'image/png', data: 'AAAA' }
    const parts = [{ inlineData, thoughtSignature: 'c2ln' }, { inlineData }]
    expect(sentBack(answer(...parts))).toEqual(parts.map((part) => JSON.stringify(part)))
  })

  test('of a thought goes back with the thought, and thoughts without one stay here', () => {
    const signed = { text: 'b', thought: true, thoughtSignature: 'c2ln' }
    const parts = [{ text: 'a', thought: true }, { text: '1' }, signed, { text: '2' }]
    expect(sentBack(answer(...parts))).toEqual([
      '{"text":"1"}',
      JSON.stringify(signed),
      '{"text":"2"}',
    ])
  })
})

describe('a function that the server called itself', () => {
  const call = (more: object = {}) => ({ functionCall: { ...more, name: 'f', args: { x: 1 } } })
  const response = (more: object = {}) => ({
    functionResponse: { ...more, name: 'f', response: { output: 'ok' } },
  })

  test('goes back with its result, with and without ids', () => {
    for (const id of [{}, { id: 'c1' }]) {
      const parts = [call(id), response(id), { text: 'a' }]
      expect(sentBack(answer(...parts), 'gemini-2.5-flash')).toEqual(
        parts.map((part) => JSON.stringify(part)),
      )
    }
  })

  test('leaves calls of the same name that wait for a result', () => {
    const parts = [call({ id: 'c1' }), response({ id: 'c1' }), call({ id: 'c2' })]
    const results: Message[] = [
      { role: 'tool', content: [{ type: 'tool-result', id: 'c2', name: 'f', output: 'ok' }] },
    ]
    expect(sentBack(answer(...parts), 'gemini-2.5-flash', results)).toEqual(
      parts.map((part) => JSON.stringify(part)),
    )
    expect(sentBack(answer(...parts), 'gemini-2.5-flash')).toEqual(
      parts.slice(0, 2).map((part) => JSON.stringify(part)),
    )
  })
})
