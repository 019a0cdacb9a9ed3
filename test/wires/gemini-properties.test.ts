/** Whatever happens to a body with parts of the server, and whatever parts it holds. */

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { StreamEvent } from '../../src/base/events.js'
import type { Message } from '../../src/base/messages.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { collect } from '../support/collect.js'
import { respondWith } from '../support/recordings.js'

type Json = Record<string, unknown>

const modelVersion = 'gemini-2.5-flash'
const thoughtSignature = 'c2ln'

// ---------------------------------------------------------------- damaged bodies

const parts: Json[] = [
  { text: 'Let me compute.', thought: true },
  { executableCode: { language: 'PYTHON', code: 'print("é🦊")' }, thoughtSignature },
  { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'é🦊\n' } },
  { text: 'It ' },
  { text: 'is 1.', thoughtSignature },
  { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', id: 't1', args: { queries: ['x'] } } },
  { toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', id: 't1', response: { a: null } } },
  { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thought: true },
  { inlineData: { mimeType: 'image/png', data: 'BBBB' }, thoughtSignature },
  { fileData: { fileUri: 'https://a.test/x', mimeType: 'video/mp4' }, videoMetadata: { fps: 1 } },
  { functionCall: { name: 'f', args: { x: [1] }, id: 'c1' }, thoughtSignature },
  { functionResponse: { name: 'f', response: { output: 'ok' }, id: 'c1' } },
]

const frames = parts.map((part, at) => {
  const isLast = at === parts.length - 1
  const candidate = {
    content: { role: 'model', parts: [part] },
    index: 0,
    safetyRatings: [{ category: 'A', probability: 'LOW' }],
    groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.test/', title: 'A' } }] },
    logprobsResult: { chosenCandidates: [{ token: 'a', logProbability: -1 }] },
    ...(isLast ? { finishReason: 'STOP', finishMessage: 'Done.' } : {}),
  }
  const usageMetadata = { promptTokenCount: 5, totalTokenCount: 5 + at }
  const response = { candidates: [candidate], usageMetadata, modelVersion, responseId: 'r1' }
  return `data: ${JSON.stringify(response)}\r\n\r\n`
})
const body = new TextEncoder().encode(frames.join(''))

async function play(chunks: readonly Uint8Array[]): Promise<StreamEvent[]> {
  const driver = gemini({ model: modelVersion, apiKey: 'k', fetch: respondWith(chunks) })
  return collect(createStream({ driver, prompt: 'p', retry: false, timeout: false, onEnd() {} }))
}

/** What does not depend on time. */
function told(events: readonly StreamEvent[]): unknown {
  return JSON.parse(
    JSON.stringify(events.slice(1), (key, value) => (key === 'timing' ? undefined : value)),
  )
}

function checkEnd(events: readonly StreamEvent[]): void {
  const last = events.at(-1)
  if (last?.type === 'error') expect(last.error.code).not.toBe('unknown')
  else {
    expect(last?.type).toBe('complete')
    const message = last?.type === 'complete' ? last.message : undefined
    expect(JSON.stringify(message)).not.toContain('"partial"')
  }
}

const at = fc.nat(body.length - 1)

describe('a body with parts of the server', () => {
  test('reads the same however it is cut', async () => {
    const whole = told(await play([body]))
    expect(JSON.stringify(whole)).toContain('"complete"')
    await fc.assert(
      fc.asyncProperty(fc.array(at, { maxLength: 30 }), async (places) => {
        const sorted = [...new Set([0, ...places, body.length])].toSorted((a, b) => a - b)
        const chunks = sorted.slice(1).map((end, index) => body.subarray(sorted[index], end))
        // Text may be cut differently among the events of one block only if its frames are.
        expect(told(await play(chunks))).toEqual(whole)
      }),
      { numRuns: 150 },
    )
  })

  test('is complete only with its finish reason', async () => {
    // The last event counts without its blank line.
    const whole = body.length - 4
    await fc.assert(
      fc.asyncProperty(at, async (length) => {
        const events = await play([body.subarray(0, length)])
        checkEnd(events)
        expect(events.at(-1)?.type).toBe(length >= whole ? 'complete' : 'error')
      }),
      { numRuns: 150 },
    )
  })

  test('ends with a known error or whole when a byte is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (place, mask) => {
        const flipped = body.map((byte, index) => (index === place ? byte ^ mask : byte))
        checkEnd(await play([flipped]))
      }),
      { numRuns: 300 },
    )
  })
})

// ---------------------------------------------------------------- there and back

const word = fc.constantFrom('a', 'b c', ' d', '🦊\n')
const signed = fc.constantFrom<Json>({}, { thoughtSignature })
const payload = fc.dictionary(fc.constantFrom('a', 'id', 'code', '__proto__'), fc.jsonValue())

/** Parts as the server sends them, one or a call with its answer. */
const group = fc.oneof(
  fc.tuple(word, signed).map(([text, more]) => [{ text, ...more }]),
  fc.tuple(word, signed).map(([text, more]) => [{ text, thought: true, ...more }]),
  fc
    .tuple(
      fc.constantFrom('executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse', 'new'),
      payload,
      signed,
    )
    .map(([name, value, more]) => [{ [name]: value, ...more }]),
  fc.tuple(signed, fc.boolean()).map(([more, isDraft]) => [
    {
      inlineData: { mimeType: 'image/png', data: 'AAAA' },
      ...(isDraft ? { thought: true } : {}),
      ...more,
    },
  ]),
  fc.constant([{ fileData: { fileUri: 'gs://a/b' }, videoMetadata: { fps: 1 } }]),
  fc.constant([{ functionCall: { id: 'ID', name: 'f', args: {} }, thoughtSignature }]),
  fc
    .constantFrom({ id: 'ID' }, {})
    .map((id) => [
      { functionCall: { ...id, name: 'g', args: { x: 1 } } },
      { functionResponse: { ...id, name: 'g', response: { output: 1 } } },
    ]),
)

const answers = fc.array(group, { minLength: 1, maxLength: 8 }).map((groups) =>
  groups.flatMap((each, index): Json[] => {
    const text = JSON.stringify(each).replaceAll('"ID"', `"c${index}"`)
    return JSON.parse(text) as Json[]
  }),
)

/** What has to go back: neighbours of one kind and signature joined, thoughts only if signed. */
function expected(sent: readonly Json[]): Json[] {
  const joined: Json[] = []
  for (const part of sent) {
    const last = joined.at(-1)
    const isText = typeof part.text === 'string' && typeof last?.text === 'string'
    const isOne = isText && part.thought === last.thought
    if (isOne && (part.thoughtSignature === undefined || last.thoughtSignature === undefined)) {
      joined[joined.length - 1] = { ...last, ...part, text: String(last.text) + String(part.text) }
    } else joined.push(part)
  }
  return joined.filter(
    ({ text, thought, thoughtSignature: own }) =>
      text === undefined || !thought || own !== undefined,
  )
}

test('an answer goes back with the parts that came, in their order', () => {
  fc.assert(
    fc.property(answers, fc.nat(3), (sent, each) => {
      const decoder = new GeminiDecoder('p')
      const accumulator = new Accumulator()
      for (let from = 0; from < sent.length; from += each + 1) {
        const content = { role: 'model', parts: sent.slice(from, from + each + 1) }
        const out: Parameters<GeminiDecoder['decode']>[2] = []
        decoder.decode(JSON.stringify({ candidates: [{ content }], modelVersion }), undefined, out)
        for (const event of out) accumulator.add(event)
      }
      const message = JSON.parse(JSON.stringify(accumulator.message(false)))
      const calls = sent.flatMap(
        ({ functionCall }) => (functionCall as Json | undefined) ?? [],
      ) as Json[]
      const results = calls
        .filter(({ name }) => name === 'f')
        .map(({ id }) => ({ type: 'tool-result', id, name: 'f', output: 'ok' }))
      const messages = [
        { role: 'user', content: 'q' },
        message,
        { role: 'tool', content: results },
        { role: 'user', content: 'q' },
      ] as Message[]
      const { contents } = encodeGeminiRequest({ messages }, modelVersion)
      const back = (contents as { role: string; parts: Json[] }[]).flatMap((turn) =>
        turn.role === 'model' ? turn.parts : [],
      )
      const wanted = expected(sent)
      expect(back).toEqual(wanted)
      const kinds = (list: Json[]) => list.map((part) => JSON.stringify(part))
      const isBlock = (part: string) => !/^\{"(text|functionCall|inlineData)"/.test(part)
      expect(kinds(back).filter(isBlock)).toEqual(kinds(wanted).filter(isBlock))
    }),
    { numRuns: 1_000 },
  )
})
