import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { plainText, StreamError } from '../../src/entries/index.js'
import { anyText } from '../support/any-text.js'
import { complete, failed, text } from './events.js'

const error = new StreamError('server', 'sk-secret')

/** The bytes that the batches become, each encoded by itself as carriers do. */
function bytes(...batches: (readonly StreamEvent[])[]): string {
  const encoder = plainText().encoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const utf8 = new TextEncoder()
  return batches
    .map((batch) => decoder.decode(utf8.encode(encoder.encode(batch)), { stream: true }))
    .join('')
}

describe('plainText()', () => {
  test('writes a character whole whose halves came in two network chunks', () => {
    expect(bytes([text('a\ud83d')], [text('\ude00b')], [complete])).toBe('a😀b')
    expect(bytes([text('\ud83d')], [text('')], [text('\ude00')], [complete])).toBe('😀')
  })

  test('shows half a character at the very end as what it is', () => {
    expect(bytes([text('a\ud83d')], [complete])).toBe('a\ufffd')
    expect(bytes([text('a\ud83d'), complete])).toBe('a\ufffd')
  })

  test('writes any text, however it is cut', () => {
    fc.assert(
      fc.property(anyText(), fc.array(fc.nat(40)), (whole, cuts) => {
        const batches: StreamEvent[][] = []
        let from = 0
        for (const cut of cuts) {
          batches.push([text(whole.slice(from, from + cut))])
          from += cut
        }
        batches.push([text(whole.slice(from))], [complete])
        expect(bytes(...batches)).toBe(whole.toWellFormed())
      }),
    )
  })

  test('a restart of a step leaves the text of earlier steps', () => {
    const retry = { attempt: 2, maxAttempts: 2, delayMs: 0, provider: 'p', model: 'm', error }
    const restart = { type: 'retry', mode: 'restart', from: 2, ...retry } as const
    const encoder = plainText().encoder()
    expect(encoder.encode([text('a', 1), restart, text('b', 2)])).toBe('ab')
    expect(encoder.failure).toBeUndefined()
    encoder.encode([restart])
    expect(encoder.failure).toMatchObject({ code: 'retracted' })
  })

  test('tells the carrier to break off where text can say no more', () => {
    const failing = plainText().encoder()
    expect(failing.encode([text('a'), failed(error), text('b')])).toBe('a')
    expect(failing.failure).toBe(error)
    const restarted = plainText().encoder()
    const retry = { attempt: 2, maxAttempts: 2, delayMs: 0, provider: 'p', model: 'm', error }
    expect(restarted.encode([{ type: 'retry', mode: 'restart', ...retry }])).toBe('')
    expect(restarted.failure).toBeUndefined()
    expect(restarted.encode([text('a')])).toBe('a')
    expect(restarted.encode([{ type: 'retry', mode: 'continue', ...retry }, text('b')])).toBe('b')
    expect(restarted.failure).toBeUndefined()
    expect(restarted.encode([{ type: 'retry', mode: 'restart', ...retry }])).toBe('')
    expect(restarted.failure).toMatchObject({ code: 'retracted', cause: error })
  })

  test('answers an early failure in public words, unless told otherwise', () => {
    expect(plainText().failure(error)).toEqual({
      contentType: 'text/plain; charset=utf-8',
      body: 'The model had an internal error.\n',
    })
    expect(plainText({ exposeErrors: true }).failure(error).body).toBe('sk-secret\n')
    expect(() => plainText({ heartbeatMs: 1 } as never)).toThrow('plainText.heartbeatMs')
  })
})
