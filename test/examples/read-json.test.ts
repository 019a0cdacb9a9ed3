import { StreamError } from 'sluice'
import { describe, expect, test } from 'vitest'
import { type ReadJsonOptions, readJson } from '../../examples/read-json.ts'

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

const read = (body: Body | null, options?: ReadJsonOptions): Promise<unknown> =>
  readJson(
    new Request('http://a.test', { method: 'POST', body, duplex: 'half' } as RequestInit),
    options,
  )

const errorOf = async (body: Body, options?: ReadJsonOptions): Promise<StreamError> => {
  const error: unknown = await read(body, options).catch((thrown: unknown) => thrown)
  if (StreamError.is(error)) return error
  throw new Error(`It was read: ${String(error)}`)
}

describe('the body of a request', () => {
  test('is read however it is cut', async () => {
    const value = { a: ['"\\,[]{}', { b: '🌊' }], c: null }
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    const single = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    expect(await read(single)).toEqual(value)
    expect(await read(bytes)).toEqual(value)
  })

  test('is undefined if it is empty', async () => {
    expect(await read('')).toBeUndefined()
    expect(await read(null)).toBeUndefined()
  })

  test('may be as large as the limit', async () => {
    expect(await read('"aaaaaaaa"', { maxBytes: 10 })).toBe('aaaaaaaa')
    expect(await errorOf('"aaaaaaaaa"', { maxBytes: 10 })).toMatchObject({ status: 413 })
  })

  test('that never ends is read no further than the limit', async () => {
    let pulled = 0
    let isCancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1_000
        controller.enqueue(new Uint8Array(1_000).fill(97))
      },
      cancel() {
        isCancelled = true
      },
    })
    expect(await errorOf(endless, { maxBytes: 10_000 })).toMatchObject({ status: 413 })
    expect(pulled).toBeLessThan(20_000)
    expect(isCancelled).toBe(true)
  })

  test('that does not arrive is a status 408', async () => {
    const silent = new ReadableStream<Uint8Array>()
    const error = await errorOf(silent, { timeoutMs: 20 })
    expect(error.toJSON()).toEqual({
      code: 'timeout',
      message: 'The body did not arrive within 20 ms.',
      retryable: false,
      status: 408,
    })
  })

  test.each<[string, Body, string]>([
    ['no JSON', '{', 'not JSON'],
    ['no UTF-8', Uint8Array.of(34, 255, 34), 'not UTF-8'],
    ['half a character at its end', Uint8Array.of(34, 0xf0, 0x9f), 'not UTF-8'],
    ['a prototype', '{"a":[{"__proto__":{}}]}', '__proto__'],
    ['100,000 levels', '['.repeat(100_000), 'deeper than 100 levels'],
    ['101 levels', `${'[{"a":'.repeat(51)}1`, 'deeper than 100 levels'],
    ['more than 100,000 numbers', `[${'0,'.repeat(100_000)}0]`, 'more than 100000 values'],
    ['more than 100,000 objects', `[${'{},'.repeat(60_000)}0]`, 'more than 100000 values'],
  ])('with %s is a status 400', async (_name, body, words) => {
    const error = await errorOf(body)
    expect(error).toMatchObject({ code: 'invalid-request', status: 400 })
    expect(error.toJSON().message).toContain(words)
  })
})
