import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ServerSentEventReader } from '../../src/http/sse.js'

type Seen = [data: string, event: string | undefined, id: string | undefined][]

function read(chunks: readonly Uint8Array[]): Seen {
  const seen: Seen = []
  const reader = new ServerSentEventReader((data, event, id) => seen.push([data, event, id]))
  for (const chunk of chunks) reader.feed(chunk)
  reader.end()
  return seen
}

function readText(...chunks: string[]): Seen {
  return read(chunks.map((chunk) => new TextEncoder().encode(chunk)))
}

describe('events are read', () => {
  const cases: [string, string, Seen][] = [
    ['in the common form', 'data: {"a":1}\n\n', [['{"a":1}', undefined, undefined]]],
    ['with a name', 'event: ping\ndata: {"a":1}\n\n', [['{"a":1}', 'ping', undefined]]],
    ['without the space', 'data:{"a":1}\n\n', [['{"a":1}', undefined, undefined]]],
    [
      'with CRLF',
      'data: {"a":1}\r\n\r\ndata: 2\r\n\r\n',
      [
        ['{"a":1}', undefined, undefined],
        ['2', undefined, undefined],
      ],
    ],
    [
      'with CR',
      'data: 1\r\rdata: 2\r\r',
      [
        ['1', undefined, undefined],
        ['2', undefined, undefined],
      ],
    ],
    ['over several lines', 'data: {"a":\ndata: 1}\n\n', [['{"a":\n1}', undefined, undefined]]],
    [
      'with comments between',
      ': OPENROUTER PROCESSING\n\ndata: {"a":1}\n\n',
      [['{"a":1}', undefined, undefined]],
    ],
    ['with an id', 'id: 7\ndata: x\n\n', [['x', undefined, '7']]],
    [
      'without the last blank line',
      'data: {"a":1}\n\ndata: {"b":2}',
      [
        ['{"a":1}', undefined, undefined],
        ['{"b":2}', undefined, undefined],
      ],
    ],
    ['after one byte order mark', '\uFEFFdata: 1\n\n', [['1', undefined, undefined]]],
    ['but not after two', '\uFEFF\uFEFFdata: 1\n\ndata: 2\n\n', [['2', undefined, undefined]]],
    [
      'from a field that is called error',
      'error: {"message":"x"}\n\n',
      [['{"message":"x"}', 'error', undefined]],
    ],
  ]
  test.each(cases)('%s', (_name, body, expected) => {
    expect(readText(body)).toEqual(expected)
    expect(readText(...body), 'character by character').toEqual(expected)
  })
})

test('a byte order mark in the beginning of a chunk is a character of the text', () => {
  expect(readText('data: {"a":"', '\uFEFFb"}\n\n')).toEqual([
    ['{"a":"\uFEFFb"}', undefined, undefined],
  ])
})

test('a byte order mark is a character of the text in a chunk that is the first to split one', () => {
  const bytes = new TextEncoder().encode('data: {"a":"\uFEFF🦊"}\n\n')
  const mark = bytes.indexOf(0xef)
  const events: unknown[] = []
  const reader = new ServerSentEventReader((data) => events.push(data))
  for (const [start, end] of [[0, mark], [mark, mark + 5], [mark + 5]]) {
    reader.feed(bytes.subarray(start, end))
  }
  expect(events).toEqual(['{"a":"\uFEFF🦊"}'])
})

test('however a body is cut, its events are the same', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'data: {"a":1}',
      'data:{"b":"é🦊"}',
      'data: {"c":"\uFEFFa"}',
      'event: x',
      'id: 1',
      ': ping',
      'error: {}',
      'data: [DONE]',
      'data',
      'retry: 5',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  const body = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\n\n', '\r\n', '\r\n\r\n', '\r')), {
      maxLength: 20,
    })
    .map((lines) => new TextEncoder().encode(lines.flat().join('')))
  fc.assert(
    fc.property(body, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (bytes, lengths) => {
      const chunks: Uint8Array[] = []
      for (let at = 0; at < bytes.length; ) {
        const length = lengths.next().value as number
        chunks.push(bytes.subarray(at, at + length))
        at += length
      }
      expect(read(chunks)).toEqual(read([bytes]))
    }),
    { numRuns: 500 },
  )
})

test('an event without end is refused before it fills the memory', () => {
  const reader = new ServerSentEventReader(() => {})
  const megabyte = new TextEncoder().encode(`data: ${'x'.repeat(1024 * 1024)}`)
  const fill = () => {
    for (let count = 0; count < 20; count++) reader.feed(megabyte)
  }
  expect(fill).toThrow(expect.objectContaining({ code: 'protocol' }))
})
