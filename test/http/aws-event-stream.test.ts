import { crc32 as referenceCrc32 } from 'node:zlib'
import type { MessageHeaders } from '@smithy/eventstream-codec'
import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { awsEventStream } from '../../src/entries/driver.js'
import { crc32 } from '../../src/http/crc32.js'
import { maxEventLength } from '../../src/http/sse.js'
import { chunk, eventFrame, exception, frame, frameOf, join } from '../support/aws-frames.js'
import { growth } from '../support/growth.js'

type Read = { frames: [data: string, event: string | undefined][]; errors: unknown[] }

function read(chunks: readonly Uint8Array[]): Read {
  const result: Read = { frames: [], errors: [] }
  const reader = awsEventStream.createReader(
    (data, name) => result.frames.push([data, name]),
    (body) => result.errors.push(body),
  )
  for (const each of chunks) reader.feed(each)
  reader.end()
  return result
}

/** The frame with a change, and checksums that fit it. */
function changed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  change(view)
  view.setUint32(8, referenceCrc32(copy.subarray(0, 8)))
  view.setUint32(copy.length - 4, referenceCrc32(copy.subarray(0, -4)))
  return copy
}

test('the checksum is that of zlib', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  assert(
    property(uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === referenceCrc32(bytes)),
  )
})

describe('a frame', () => {
  test('of a chunk is the event that it wraps, without a name', () => {
    const value = { type: 'ping', text: 'für 🌊' }
    expect(read([chunk(value)]).frames).toEqual([[JSON.stringify(value), undefined]])
  })

  test('of any other event is its payload, with the type as its name', () => {
    expect(read([eventFrame('contentBlockDelta', '{"delta":{"text":"ü"}}')]).frames).toEqual([
      ['{"delta":{"text":"ü"}}', 'contentBlockDelta'],
    ])
    expect(read([eventFrame('chunk', '{}')]).frames).toEqual([['{}', 'chunk']])
  })

  test('without a payload is skipped, as a keep-alive is', () => {
    expect(read([eventFrame('initial-response', ''), chunk(1)]).frames).toEqual([['1', undefined]])
  })

  test('may have headers of every type', () => {
    const headers: MessageHeaders = {
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      byte: { type: 'byte', value: -1 },
      short: { type: 'short', value: 300 },
      integer: { type: 'integer', value: 70_000 },
      long: { type: 'long', value: { bytes: new Uint8Array(8), valueOf: () => 0 } as never },
      binary: { type: 'binary', value: new Uint8Array(700) },
      time: { type: 'timestamp', value: new Date(0) },
      uuid: { type: 'uuid', value: '123e4567-e89b-12d3-a456-426614174000' },
      ':event-type': { type: 'string', value: 'later' },
      ':message-type': { type: 'string', value: 'event' },
      ['ü'.repeat(100)]: { type: 'string', value: 'x'.repeat(1_000) },
    } as never
    expect(read([frameOf(headers, '{}')]).frames).toEqual([['{}', 'later']])
  })

  test('of an exception or error is reported in the shape of the body of an error', () => {
    const error = frame(
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Gone.' },
      '',
    )
    expect(read([exception('throttlingException', { message: 'Slow.' }), error])).toEqual({
      frames: [],
      errors: [
        { error: { type: 'throttlingException', message: 'Slow.' } },
        { error: { code: 'InternalError', message: 'Gone.' } },
      ],
    })
    const plain = frame({ ':message-type': 'exception', ':exception-type': 'x' }, 'not JSON')
    expect(read([plain]).errors).toEqual([{ error: { type: 'x' } }])
  })
})

describe('refused with right checksums:', () => {
  const whole = eventFrame('chunk', '{"bytes":"e30="}')
  const rows: [string, Uint8Array, string][] = [
    ['headers beyond the end', changed(whole, (view) => view.setUint32(4, 1e6)), 'its headers'],
    ['a length of 0', changed(whole, (view) => view.setUint32(0, 0)), 'its headers'],
    ['a header that is cut', changed(whole, (view) => view.setUint8(12, 255)), 'is cut'],
    [
      'a header of an unknown type',
      changed(whole, (view) => view.setUint8(13 + view.getUint8(12), 10)),
      'unknown type',
    ],
    ['no message type', frame({ ':event-type': 'chunk' }, '{}'), 'neither'],
    ['bytes that are not base64', eventFrame('chunk', '{"bytes":"?"}'), ''],
  ]
  test.each(rows)('%s', (_what, bytes, message) => {
    expect(() => read([bytes])).toThrow(message)
  })

  test('a length above the limit, before the frame is there', () => {
    const long = changed(whole, (view) => view.setUint32(0, maxEventLength + 1))
    const refusal = expect.objectContaining({ code: 'protocol' })
    expect(() => read([long.subarray(0, 12)])).toThrow(refusal)
    const longest = changed(whole, (view) => view.setUint32(0, maxEventLength))
    expect(read([longest.subarray(0, 12)]).frames).toEqual([])
  })
})

test('frames are the same however the bytes are divided', () => {
  const parts = [chunk({ a: 'ü🌊' }), eventFrame('x', '{"b":1}'), exception('e', {}), chunk(2)]
  const bytes = join(...parts)
  const whole = read([bytes])
  expect(whole.frames).toHaveLength(3)
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    expect(read(chunks)).toEqual(whole)
  }
})

test('a reader keeps nothing of a chunk, whose memory may be used again', () => {
  const bytes = join(chunk(1), chunk(2))
  const result: string[] = []
  const reader = awsEventStream.createReader(
    (data) => result.push(data),
    () => {},
  )
  const memory = new Uint8Array(7)
  for (let at = 0; at < bytes.length; at += memory.length) {
    const piece = bytes.subarray(at, at + memory.length)
    memory.set(piece)
    reader.feed(memory.subarray(0, piece.length))
  }
  expect(result).toEqual(['1', '2'])
})

describe('twice as much takes at most about twice the CPU:', () => {
  const rows: [string, number, (count: number) => Uint8Array, number][] = [
    ['a long frame in small pieces', 30_000, (n) => chunk('x'.repeat(n)), 3],
    ['many frames in one piece', 4_000, (n) => join(...Array(n).fill(chunk('x'))), 1e9],
    ['many frames in small pieces', 4_000, (n) => join(...Array(n).fill(chunk('x'))), 7],
    ['many headers', 20_000, (n) => frame(manyHeaders(n), '{}'), 1e9],
  ]
  test.each(rows)('%s', async (_what, count, make, size) => {
    const prepare = (n: number) => {
      const bytes = make(n)
      return async () => {
        const reader = awsEventStream.createReader(
          () => {},
          () => {},
        )
        for (let at = 0; at < bytes.length; at += size) reader.feed(bytes.subarray(at, at + size))
      }
    }
    expect(await growth(count, prepare)).toBeLessThan(3)
  })
})

function manyHeaders(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, at) => [`name-${at}`, 'x'])
  return { ...Object.fromEntries(names), ':message-type': 'event', ':event-type': 'x' }
}
