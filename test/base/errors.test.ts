import { describe, expect, test } from 'vitest'
import { StreamError } from '../../src/entries/index.js'

describe('StreamError', () => {
  const error = new StreamError('rate-limit', 'openai: 429 key sk-secret is limited', {
    status: 429,
    provider: 'openai',
    retryAfterMs: 1000,
    requestId: 'req_1',
    cause: new Error('inner sk-secret'),
  })

  test('StreamError keeps all details for logs', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('StreamError')
    expect(error.message).toContain('sk-secret')
    expect(error).toMatchObject({
      code: 'rate-limit',
      retryable: true,
      status: 429,
      requestId: 'req_1',
    })
    expect(Object.keys(error)).not.toContain('cause')
  })

  test('StreamError exposes a fixed sentence and nothing of the provider', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'rate-limit',
      message: 'Too many requests. Try again later.',
      retryable: true,
      status: 429,
      retryAfterMs: 1000,
    })
  })

  test('StreamError.is() recognizes errors of other copies of the package', () => {
    const copy = Object.defineProperty(new Error('x'), Symbol.for('sluice.StreamError'), {
      value: true,
    })
    expect(StreamError.is(error)).toBe(true)
    expect(StreamError.is(copy)).toBe(true)
    expect(StreamError.is(new Error('x'))).toBe(false)
    expect(StreamError.is(null)).toBe(false)
  })

  test('StreamError.fromJSON() accepts any input and never throws', () => {
    expect(StreamError.fromJSON(error.toJSON())).toMatchObject({ code: 'rate-limit', status: 429 })
    for (const value of [null, undefined, 'x', 1, {}, { code: 'toString' }, { code: 7 }]) {
      expect(StreamError.fromJSON(value).code).toBe('unknown')
    }
  })
})
