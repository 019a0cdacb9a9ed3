import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { toJson } from '../../src/base/bytes-as-json.js'
import { connect } from '../../src/entries/client.js'

const bytes = Uint8Array.of(0, 137, 80, 255)
const base64 = 'AIlQ/w=='

describe('bytes become base64', () => {
  test.each([
    ['Uint8Array', bytes],
    ['a part of a buffer', Uint8Array.of(1, 0, 137, 80, 255, 2).subarray(1, 5)],
    ['Buffer', Buffer.from(bytes)],
    ['ArrayBuffer', bytes.slice().buffer],
    ['a Uint8Array of another realm', runInNewContext('Uint8Array.of(0, 137, 80, 255)') as unknown],
  ])('%s', (_name, value) => {
    expect(JSON.parse(toJson({ a: [value] }))).toEqual({ a: [base64] })
    expect(JSON.parse(toJson(value))).toBe(base64)
  })
})

test('everything else is what JSON.stringify() makes of it', () => {
  const value = {
    url: new URL('http://a.test/b'),
    date: new Date(0),
    list: [undefined, 1, 'a', null, Number.NaN],
    none: undefined,
    map: new Map(),
  }
  expect(toJson(value)).toBe(JSON.stringify(value))
  expect(toJson(undefined)).toBeUndefined()
})

test('a Blob is refused, because it would arrive as {}', () => {
  expect(() => toJson({ a: new Blob(['a']) })).toThrow('await blob.arrayBuffer()')
  expect(() => toJson({ a: new File(['a'], 'a.png') })).toThrow(TypeError)
})

test('connect() sends bytes as base64', async () => {
  let sent: unknown
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    sent = JSON.parse(init?.body as string)
    return new Response('', { status: 400 })
  }
  await connect('http://a.test', { json: { image: bytes }, fetch })
    .final()
    .catch(() => {})
  expect(sent).toEqual({ image: base64 })
})
