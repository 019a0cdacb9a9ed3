import { expect, test } from 'vitest'
import { LineReader } from '../../src/http/lines.js'
import { maxEventLength } from '../../src/http/sse.js'

function linesOf(chunks: readonly Uint8Array[], end = true): string[] {
  const lines: string[] = []
  const reader = new LineReader((line) => lines.push(line))
  for (const chunk of chunks) reader.feed(chunk)
  if (end) reader.end()
  return lines
}

const encoder = new TextEncoder()

test('lines are the same however the bytes are divided', () => {
  const bytes = encoder.encode('{"a":"ü🌊"}\n\n{"b":1}\r\n{"c":2}')
  const whole = ['{"a":"ü🌊"}', '{"b":1}\r', '{"c":2}']
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    expect(linesOf(chunks)).toEqual(whole)
  }
})

test('a last line without a line break is read at the end only', () => {
  const chunks = [encoder.encode('{"a":1}\n{"b":2}')]
  expect(linesOf(chunks, false)).toEqual(['{"a":1}'])
  expect(linesOf(chunks)).toEqual(['{"a":1}', '{"b":2}'])
  expect(linesOf([encoder.encode('{"a":1}\n  ')])).toEqual(['{"a":1}'])
  expect(linesOf([])).toEqual([])
})

test('a line without an end is refused beyond the limit', () => {
  const chunk = new Uint8Array(1024 * 1024).fill(97)
  const reader = new LineReader(() => {})
  for (let size = 0; size < maxEventLength; size += chunk.length) reader.feed(chunk)
  expect(() => reader.feed(chunk)).toThrow(expect.objectContaining({ code: 'protocol' }))
})
