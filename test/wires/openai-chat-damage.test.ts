/**
 * Bodies of the chat wire with everything that it can hold, cut and damaged anywhere: a stream stays
 * within its grammar, and a part of an answer is never called the whole.
 */

import * as fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { StreamEvent } from '../../src/base/events.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream } from '../../src/entries/index.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { collect } from '../support/collect.js'
import { respondWith } from '../support/recordings.js'

type Json = Record<string, unknown>

const word = fc.constantFrom('a', ' b', '{"x":', '1}', '<think>', '</think>', '😀', '')
const index = fc.nat(2)
const id = fc.constantFrom('i', 'j', '')
const type = fc.constantFrom('function', 'web_search', 'code_interpreter', 'custom')
const base64 = fc.uint8Array({ maxLength: 7 }).map((bytes) => Buffer.from(bytes).toString('base64'))

/** Deltas as servers send them. */
const delta: fc.Arbitrary<Json> = fc.oneof(
  word.map((content) => ({ content })),
  word.map((text) => ({ reasoning_text: text })),
  word.map((text) => ({ reasoning_opaque: text })),
  fc.tuple(index, id, type, word).map(([at, name, kind, text]) => ({
    tool_calls: [{ index: at, id: name, type: kind, function: { name: 'f', arguments: text } }],
  })),
  fc.tuple(index, id, word).map(([at, name, text]) => ({
    tool_calls: [{ index: at, id: name, type: 'web_search', web_search: { q: text, r: [text] } }],
  })),
  fc
    .tuple(index, word)
    .map(([at, text]) => ({ tool_calls: [{ index: at, web_search: { q: text } }] })),
  fc.constantFrom<Json>(
    {
      content: [
        { type: 'tool_reference', title: 'T' },
        { type: 'text', text: 'c' },
      ],
    },
    { content: [{ type: 'image_url', image_url: { url: 'https://a.test/x' } }] },
    { images: [{ image_url: { url: 'data:image/png;base64,AAAA' } }] },
    { annotations: [{ type: 'url_citation', url_citation: { url: 'u' } }] },
  ),
  fc.tuple(base64, word).map(([data, transcript]) => ({ audio: { id: 'a', data, transcript } })),
)

const choice = fc.record({
  index: fc.constant(0),
  delta,
  finish_reason: fc.constant(null),
  logprobs: fc.constantFrom(null, { content: [{ token: 'a', logprob: -1 }] }),
})

const lineOf = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

const body: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(choice, { minLength: 1, maxLength: 12 }),
    fc.constantFrom('stop', 'tool_calls', 'length'),
    fc.constantFrom('grok-5', 'sonar', 'gpt-audio'),
  )
  .map(([choices, finish, model]) => {
    const head = { id: 'c', model, service_tier: 'default' }
    const lines = choices.map((one) => lineOf({ ...head, choices: [one] }))
    const end = { index: 0, delta: {}, finish_reason: finish, native_finish_reason: 'x' }
    const usage = { prompt_tokens: 1, completion_tokens: 2, cost: 0.1 }
    const last = [lineOf({ ...head, choices: [end] }), lineOf({ ...head, choices: [], usage })]
    return new TextEncoder().encode(`${[...lines, ...last].join('')}data: [DONE]\n\n`)
  })

beforeEach(() => {
  // Ids that are made up for calls without one are the same in each run.
  let count = 0
  vi.spyOn(Math, 'random').mockImplementation(() => ++count / 1_000)
  return () => vi.restoreAllMocks()
})

async function play(chunks: readonly Uint8Array[]): Promise<StreamEvent[]> {
  vi.mocked(Math.random).mockClear()
  let count = 0
  vi.mocked(Math.random).mockImplementation(() => ++count / 1_000)
  const driver = compatible({
    baseURL: 'http://x.test/v1',
    model: 'm',
    fetch: respondWith(chunks),
    thinkTags: true,
  })
  const stream = createStream({
    driver,
    prompt: 'p',
    retry: false,
    timeout: false,
    onEnd: () => {},
  })
  const events = await collect(stream)
  checkGrammar(events)
  return events
}

function checkGrammar(events: readonly StreamEvent[]): void {
  expect(events[0]?.type).toBe('start')
  const end = events.at(-1) as StreamEvent
  expect(end.type).toMatch(/^(complete|error)$/)
  const kinds = new Map<number, string>()
  const content = new Accumulator()
  for (const event of events.slice(1, -1)) {
    if (event.type !== 'content') throw new Error(`unexpected ${event.type}`)
    expect(kinds.get(event.index) ?? event.kind).toBe(event.kind)
    kinds.set(event.index, event.kind)
    content.add(event)
  }
  const message = end.type === 'complete' ? end.message : end.type === 'error' ? end.partial : {}
  const parts = (message as { content: Json[] }).content
  if (end.type === 'complete') {
    expect(parts.filter(({ partial }) => partial)).toEqual([])
    expect(end.text).toBe(content.text())
  } else if (end.type === 'error') expect(end.error.code).not.toBe('unknown')
  // Whatever came can be sent: as JSON, and without what never came whole.
  const sent = encodeChatRequest(
    { messages: [message as never, { role: 'user', content: 'go on' }] },
    'grok-5',
  )
  expect(JSON.parse(JSON.stringify(sent))).toEqual(sent)
}

const untimed = (events: readonly StreamEvent[]): unknown[] =>
  events.map((event) => ({ ...event, id: undefined, timing: undefined }))

/** What does not depend on how texts were cut. */
const ending = (events: readonly StreamEvent[]): unknown => untimed(events).at(-1)

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const inside = places.map((place) => place % bytes.length)
  const sorted = [...new Set([0, ...inside, bytes.length])].toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end))
}

const places = fc.array(fc.nat(100_000), { maxLength: 30 })

test('reads the same however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(body, places, async (bytes, at) => {
      const whole = await play([bytes])
      expect(whole.at(-1)).toMatchObject({ raw: { usage: { cost: 0.1 }, service_tier: 'default' } })
      expect(ending(await play(cut(bytes, at)))).toEqual(ending(whole))
    }),
    { numRuns: 150 },
  )
})

test('is complete only with its end', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.nat(100_000), async (bytes, at) => {
      const prefix = bytes.subarray(0, at % bytes.length)
      const { type: end } = (await play([prefix])).at(-1) as StreamEvent
      // A whole event at the end of the body counts, whether or not a line break follows it.
      const holdsEnd = /"finish_reason":"[^\n]*\}\]\}/.test(new TextDecoder().decode(prefix))
      expect(end).toBe(holdsEnd ? 'complete' : 'error')
    }),
    { numRuns: 150 },
  )
})

test('keeps the grammar with a damaged byte', async () => {
  const mask = fc.integer({ min: 1, max: 255 })
  await fc.assert(
    fc.asyncProperty(body, fc.nat(100_000), mask, places, async (bytes, at, bits, cuts) => {
      const damaged = bytes.map((byte, place) => (place === at % bytes.length ? byte ^ bits : byte))
      await play(cut(damaged, cuts))
    }),
    { numRuns: 300 },
  )
})

const anyValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, '', 'x', '__proto__', [], {}, [null], [[]], [{}]),
  fc.jsonValue({ maxDepth: 2 }),
)

test('keeps the grammar with values of any type', async () => {
  await fc.assert(
    fc.asyncProperty(
      body,
      fc.nat(50),
      fc.nat(5_000),
      anyValue,
      async (bytes, line, place, value) => {
        const lines = new TextDecoder().decode(bytes).split('\n\n').slice(0, -2)
        const at = line % lines.length
        const event = JSON.parse((lines[at] as string).slice('data: '.length)) as Json
        const slots = slotsOf(event)
        const slot = slots[place % slots.length]
        if (slot !== undefined) slot.holder[slot.key] = structuredClone(value)
        const text = lines.with(at, `data: ${JSON.stringify(event)}`).join('\n\n')
        await play([new TextEncoder().encode(`${text}\n\ndata: [DONE]\n\n`)])
      },
    ),
    { numRuns: 400 },
  )
})

/** Every place in an object that a value can stand in. */
function slotsOf(value: unknown): { holder: Json; key: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Json
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...slotsOf(holder[key])])
}
