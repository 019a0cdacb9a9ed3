/**
 * The parse cases of the Web Platform Tests for EventSource, which live beside the checkout and are no part of it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ServerSentEventReader } from '../../src/http/sse.js'

interface ParseCase {
  name: string
  bodyBase64: string
  expectedEvents: { type: string; data: string; lastEventId: string }[]
}

type Seen = [data: string, event: string | undefined, id: string | undefined]

const file = fileURLToPath(
  new URL('../../../shared/recordings/sse-parse-cases.json', import.meta.url),
)
const present = existsSync(file)
const cases = present
  ? (JSON.parse(readFileSync(file, 'utf8')) as { parseCases: ParseCase[] }).parseCases
  : []

/**
 * Where the reader does something else than an EventSource, and why. In all cases an event without a name or id has none, where
 * an EventSource says "message" and "", and `retry` is passed over: what to do after a failure is not the body's to say.
 */
const differing: Record<string, { why: string; events: Seen[] }> = {
  'data-before-final-empty-line': {
    why: 'servers leave out the last blank line, so the end of the body ends an event as well',
    events: [
      ['test1', undefined, undefined],
      ['test2', undefined, 'test'],
    ],
  },
  'field-id-persists': {
    why: 'an id belongs to its event: no body is ever resumed, so the last id is not remembered',
    events: [
      ['1', undefined, '1'],
      ['2', undefined, undefined],
      ['3', undefined, '2'],
      ['4', undefined, undefined],
    ],
  },
}

if (!present) {
  test.skip('the parse cases are not beside this checkout, so they are not run', () => {})
}

describe.runIf(present)('the reader agrees with an EventSource', () => {
  const agreeing = cases.filter(({ name }) => differing[name] === undefined)
  test.each(agreeing)('on $name', (parseCase) => {
    expect(asEventSource(read(whole(parseCase)))).toEqual(eventsOf(parseCase))
    expect(asEventSource(read(bytewise(parseCase))), 'byte by byte').toEqual(eventsOf(parseCase))
  })
})

describe.runIf(present)('the reader differs from an EventSource by design', () => {
  for (const [name, { why, events }] of Object.entries(differing)) {
    test(`on ${name}: ${why}`, () => {
      const parseCase = cases.find((one) => one.name === name) as ParseCase
      expect(read(whole(parseCase))).toEqual(events)
      expect(read(bytewise(parseCase)), 'byte by byte').toEqual(events)
      expect(asEventSource(events), 'it would be no difference').not.toEqual(eventsOf(parseCase))
    })
  }
})

test.runIf(present)('all cases are run', () => {
  expect(cases).toHaveLength(27)
})

function read(chunks: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = []
  const reader = new ServerSentEventReader((data, event, id) => seen.push([data, event, id]))
  for (const chunk of chunks) reader.feed(chunk)
  reader.end()
  return seen
}

function whole({ bodyBase64 }: ParseCase): Uint8Array[] {
  return [new Uint8Array(Buffer.from(bodyBase64, 'base64'))]
}

function bytewise(parseCase: ParseCase): Uint8Array[] {
  return whole(parseCase).flatMap((body) => Array.from(body, (byte) => Uint8Array.of(byte)))
}

function asEventSource(seen: readonly Seen[]): Seen[] {
  return seen.map(([data, event = 'message', id = '']) => [data, event, id])
}

function eventsOf({ expectedEvents }: ParseCase): Seen[] {
  return expectedEvents.map(({ data, type, lastEventId }) => [data, type, lastEventId])
}
