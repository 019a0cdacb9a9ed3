/**
 * Whatever a network does to a body, a stream stays within its grammar and never calls a part of an answer the whole.
 */

import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ContentEvent, StreamEvent } from '../src/base/events.js'
import { createStream } from '../src/entries/index.js'
import { collect } from './support/collect.js'
import { type DriverRow, everyWire } from './support/every-driver.js'
import {
  loadRecordings,
  readRecording,
  recordingsPresent,
  respondWith,
} from './support/recordings.js'

type Json = Record<string, unknown>

/** A run that takes longer hangs. */
const hangMs = 4_000

afterEach(() => {
  vi.restoreAllMocks()
})

if (!recordingsPresent) {
  test.skip('the recordings of real providers are not beside this checkout, so they are not cut or damaged', () => {})
}

for (const [name, wire] of everyWire) {
  const recordings = loadRecordings(name).map((recording) => ({
    file: recording.file,
    body: readRecording(recording),
  }))

  describe.runIf(recordingsPresent)(`a recorded body of ${name}`, () => {
    test.each(recordings)('reads the same however it is cut: $file', async ({ body }) => {
      const whole = summarize(await play(wire, [body]))
      await check(body, cutsOf(body), async (places) => {
        expect(summarize(await play(wire, cut(body, places)))).toEqual(whole)
      })
    })

    test.each(recordings)('is complete only with its marker: $file', async ({ body }) => {
      const whole = summarize(await play(wire, [body]))
      await check(body, lengthsOf(body), async (length) => {
        const prefix = body.subarray(0, length)
        const { end, blocks } = summarize(await play(wire, [prefix]))
        if (!holdsMarker(wire, prefix)) expect(end.type).toBe('error')
        else if (whole.end.type === 'complete') expect(end.type).toBe('complete')
        // What came is the beginning of what would have come.
        for (const [index, block] of blocks) {
          const full = whole.blocks.get(index)
          expect(full?.what).toEqual(block.what)
          expect(full?.text.slice(0, block.text.length)).toBe(block.text)
        }
      })
    })

    test.each(recordings)('keeps the grammar with damaged bytes: $file', async ({ body }) => {
      await check(body, damagesOf(body), async ({ damage, places }) => {
        await play(wire, cut(damaged(body, damage), places))
      })
    })

    test.each(recordings)('keeps the grammar with values of any type: $file', async ({ body }) => {
      const lines = new TextDecoder().decode(body).split('\n')
      await check(body, changesOf(lines), async ({ line, changes }) => {
        await play(wire, [changed(lines, line, changes)])
      })
    })
  })
}

describe('a body without end', () => {
  const megabyte = 'x'.repeat(1024 * 1024)
  const pieces: [string, string, string][] = [
    ['in one line', 'data: ', megabyte],
    ['in one event of many lines', '', `data: ${megabyte}\n`],
  ]
  const endless = pieces.flatMap(([what, first, rest]) =>
    [...everyWire].map(([name, wire]) => ({ what, first, rest, name, wire })),
  )
  test.each(endless)('$what is given up before it fills the memory, on $name', async (one) => {
    const encoder = new TextEncoder()
    let pulled = 0
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(encoder.encode(pulled++ === 0 ? one.first + one.rest : one.rest))
      },
      cancel() {
        cancelled = true
      },
    })
    const headers = { 'content-type': 'text/event-stream' }
    const fetch = (): Promise<Response> => Promise.resolve(new Response(body, { headers }))
    const driver = one.wire.driver({ fetch })
    const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
    expect(summarize(events).end).toMatchObject({ type: 'error', code: 'protocol' })
    expect(pulled).toBeLessThan(24)
    expect(cancelled).toBe(true)
  })
})

// ---------------------------------------------------------------- what is done to a body

/** A few cuts anywhere, and one place where every byte comes alone. */
function cutsOf(body: Uint8Array): fc.Arbitrary<number[]> {
  const place = fc.nat(body.length)
  return fc
    .tuple(fc.array(place, { maxLength: 60 }), place, fc.nat(200))
    .map(([places, start, length]) => [
      ...places,
      ...Array.from({ length }, (_, index) => start + index),
    ])
}

function cut(body: Uint8Array, places: readonly number[]): Uint8Array[] {
  const inside = places.filter((place) => place < body.length)
  const sorted = [...new Set([0, ...inside, body.length])].toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => body.subarray(sorted[index], end))
}

function lengthsOf(body: Uint8Array): fc.Arbitrary<number> {
  // The terminal marker is near the end.
  const nearEnd = fc.nat(Math.min(body.length, 1_500)).map((missing) => body.length - missing)
  return fc.oneof(fc.nat(body.length), nearEnd)
}

/** Bytes that mean something at the wrong place. */
const garbage = fc.constantFrom(
  '\n',
  '\n\n',
  '\r',
  '\0',
  '\uFEFF',
  '"',
  '\\',
  '}',
  ',',
  'data',
  '\ndata: ',
  '\nevent: error\n',
  '\nevent: message_stop\n',
  '\n\nerror: {"message":"x"}\n\n',
  '\n\n: comment\n\n',
  '\n\ndata: null\n\n',
  '\n\ndata: []\n\n',
  '\n\ndata: {}\n\n',
  '\n\ndata: "x"\n\n',
  '\n\ndata: [DONE]\n\n',
  '\n\ndata: {"type":null}\n\n',
  '\n\ndata: {"error":{}}\n\n',
  '\n\n<html><body>502</body></html>\n\n',
)

type Damage =
  | { type: 'flip'; at: number; mask: number }
  | { type: 'insert'; at: number; bytes: Uint8Array | string }
  | { type: 'remove' | 'repeat'; at: number; length: number }

function damagesOf(body: Uint8Array): fc.Arbitrary<{ damage: Damage; places: number[] }> {
  const at = fc.nat(body.length - 1)
  const damage = fc.oneof(
    fc.record({ type: fc.constant('flip'), at, mask: fc.integer({ min: 1, max: 255 }) }),
    fc.record({
      type: fc.constant('insert'),
      at,
      bytes: fc.oneof(fc.uint8Array({ maxLength: 40 }), garbage),
    }),
    fc.record({ type: fc.constantFrom('remove', 'repeat'), at, length: fc.nat(2_000) }),
  )
  return fc.record({ damage, places: fc.array(at, { maxLength: 5 }) })
}

function damaged(body: Uint8Array, damage: Damage): Uint8Array {
  const { type, at } = damage
  if (type === 'flip') return body.map((byte, index) => (index === at ? byte ^ damage.mask : byte))
  if (type === 'insert') {
    return concat(body.subarray(0, at), Buffer.from(damage.bytes), body.subarray(at))
  }
  const end = at + damage.length
  return type === 'remove'
    ? concat(body.subarray(0, at), body.subarray(end))
    : concat(body.subarray(0, end), body.subarray(at))
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

type Change = [place: number, value: unknown]

const anyValue = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1e308, '', 'x', '__proto__'),
  fc.constantFrom<unknown>([], {}, [null], [[]], [{}], [0, 'x'], { error: null }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** One event, in which one or two values are something else. */
function changesOf(lines: readonly string[]): fc.Arbitrary<{ line: number; changes: Change[] }> {
  const events = [...lines.keys()].filter((at) => parse(lines[at]) !== undefined)
  const change = fc.tuple(fc.nat(5_000), anyValue)
  return fc.record({
    line: fc.constantFrom(...events),
    changes: fc.array(change, { minLength: 1, maxLength: 2 }),
  })
}

function changed(lines: readonly string[], line: number, changes: readonly Change[]): Uint8Array {
  const event = parse(lines[line])
  for (const [place, value] of changes) {
    const slots = slotsOf(event)
    const slot = slots[place % slots.length]
    // A copy: a later change may go into it.
    if (slot !== undefined) slot.holder[slot.key] = structuredClone(value)
  }
  const text = lines.with(line, `data: ${JSON.stringify(event)}`).join('\n')
  return new TextEncoder().encode(text)
}

/** Every place in an object that a value can stand in. */
function slotsOf(value: unknown): { holder: Json; key: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Json
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...slotsOf(holder[key])])
}

// ---------------------------------------------------------------- what comes of it

/** The bigger the body, the fewer runs. */
async function check<T>(
  body: Uint8Array,
  arbitrary: fc.Arbitrary<T>,
  predicate: (value: T) => Promise<void>,
): Promise<void> {
  const numRuns = Math.max(6, Math.min(40, Math.floor(600_000 / body.length)))
  await fc.assert(fc.asyncProperty(arbitrary, predicate), { numRuns, timeout: hangMs })
}

/** All events of a stream over this body, of which the grammar has been checked. */
async function play(wire: DriverRow, chunks: readonly Uint8Array[]): Promise<StreamEvent[]> {
  // Ids that are made up for calls without one are the same in each run.
  let count = 0
  vi.spyOn(Math, 'random').mockImplementation(() => ++count / 1_000)
  const driver = wire.driver({ fetch: respondWith(chunks) })
  // Without a clock: it would end what hangs.
  const stream = createStream({ driver, prompt: 'p', retry: false, timeout: false })
  const iterator = stream[Symbol.asyncIterator]()
  const events = await collect({ [Symbol.asyncIterator]: () => iterator })
  expect(await iterator.next()).toEqual({ done: true, value: undefined })
  checkGrammar(events)
  return events
}

function checkGrammar(events: readonly StreamEvent[]): void {
  const types = events.map(({ type }) => type)
  const content = types.slice(1, -1)
  expect(types[0]).toBe('start')
  expect(types.at(-1)).toMatch(/^(complete|error)$/)
  expect(content.every((type) => type === 'content')).toBe(true)
  const kinds = new Map<number, string>()
  const texts = new Map<number, string>()
  for (const event of events) {
    if (event.type === 'content') {
      expect(Number.isInteger(event.index) && event.index >= 0).toBe(true)
      expect(kinds.get(event.index) ?? event.kind).toBe(event.kind)
      kinds.set(event.index, event.kind)
      checkContent(event)
      if (event.kind === 'text') {
        texts.set(event.index, (texts.get(event.index) ?? '') + event.text)
      }
    } else if (event.type === 'complete') {
      expect(event.text).toBe([...texts.values()].join(''))
    } else if (event.type === 'error') {
      // What the body holds is never reported as a fault of the program.
      expect(event.error.code).not.toBe('unknown')
    }
  }
}

function checkContent(event: ContentEvent): void {
  const strings: unknown[] = []
  if (event.kind === 'text' || event.kind === 'reasoning') strings.push(event.text)
  if (event.kind === 'tool-call') strings.push(event.id, event.name, event.input)
  if (event.kind === 'file') strings.push(event.mediaType, event.data)
  if (event.kind === 'source') strings.push(event.url ?? '', event.title ?? '')
  if ('signature' in event) strings.push(event.signature)
  for (const value of strings) expect(value).toBeTypeOf('string')
}

interface Piece {
  what: unknown
  text: string
}

interface Summary {
  blocks: Map<number, Piece>
  end: { type: string; [field: string]: unknown }
}

/** What does not depend on how a body was cut. */
function summarize(events: readonly StreamEvent[]): Summary {
  const blocks: Summary['blocks'] = new Map()
  let end: Summary['end'] = { type: 'none' }
  for (const event of events) {
    if (event.type === 'content') {
      const { what, text } = pieceOf(event)
      const block = blocks.get(event.index)
      if (block === undefined) blocks.set(event.index, { what, text })
      else block.text += text
    } else if (event.type === 'complete') {
      end = { ...event, timing: undefined }
    } else if (event.type === 'error') {
      const { error, partial } = event
      const { code, message, retryable } = error
      end = { type: 'error', code, message, retryable, partial }
    }
  }
  return { blocks, end }
}

function pieceOf(event: ContentEvent): Piece {
  switch (event.kind) {
    case 'text':
    case 'reasoning':
      return { what: event.kind, text: event.text }
    case 'tool-call':
      return { what: [event.id, event.name], text: event.input }
    default:
      return { what: event, text: '' }
  }
}

/** Whether these bytes hold a whole line that ends the answer. */
function holdsMarker({ isTerminal }: DriverRow, bytes: Uint8Array): boolean {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)
  return lines.some((line) => isTerminal(line.replace(/^data: ?/, ''), parse(line) ?? {}))
}

/** The object in a `data` line. */
function parse(line: string | undefined): Json | undefined {
  if (line?.startsWith('data:') !== true) return undefined
  try {
    const value: unknown = JSON.parse(line.slice('data:'.length))
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}
