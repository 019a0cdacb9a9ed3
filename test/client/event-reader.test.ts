import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventReader } from '../../src/client/event-reader.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function read(chunks: readonly Uint8Array[]) {
  const seen: unknown[] = []
  const reader = new EventReader(
    (data, id) => seen.push([id, data]),
    (delayMs) => seen.push(delayMs),
  )
  for (const chunk of chunks) reader.feed(chunk)
  return seen
}

test('the body of an answer gives its data, ids and waits', () => {
  const body = 'retry: 5\n\nid: 1\nevent: start\ndata: {"a":"é🦊"}\n\n: ping\n\ndata: {}\r\n\r\n'
  expect(read([encode(body)])).toEqual([5, ['1', '{"a":"é🦊"}'], [undefined, '{}']])
})

test('the body of an answer gives the same events however it is cut', () => {
  const line = fc.oneof(
    fc.constantFrom('data: {"a":"é🦊"}', 'data: {"b":"\uFEFFa"}', 'id: 12', ': ping', 'retry: 5'),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  const end = fc.constantFrom('\n', '\n\n', '\r\n', '\r\n\r\n', '\r')
  const body = fc
    .array(fc.tuple(line, end), { maxLength: 20 })
    .map((lines) => lines.flat().join(''))
  fc.assert(
    fc.property(body, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (text, lengths) => {
      const bytes = encode(text)
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

test('one byte order mark is removed, and only at the beginning', () => {
  expect(read([encode('\uFEFFdata: a\n\n')])).toEqual([[undefined, 'a']])
  expect(read([encode('\uFEFF\uFEFFdata: a\n\n')])).toEqual([])
  expect(read([encode('data: a'), encode('\uFEFFb\n\n')])).toEqual([[undefined, 'a\uFEFFb']])
})

test('an event of an answer without end is refused before it fills the memory', () => {
  const reader = new EventReader(
    () => {},
    () => {},
  )
  const megabyte = encode(`data: ${'x'.repeat(1024 * 1024)}`)
  const fill = () => {
    for (let count = 0; count < 20; count++) reader.feed(megabyte)
  }
  expect(fill).toThrow(expect.objectContaining({ code: 'protocol' }))
})
