import { expect, test } from 'vitest'
import { StreamError } from '../../../src/base/errors.js'
import { checkRetry } from '../../../src/layers/retry/options.js'
import { delayAfter } from '../../../src/layers/retry/wait.js'

const settings = checkRetry({ minDelayMs: 100, maxDelayMs: 200, maxRetryAfterMs: 5_000 })
const after = (retryAfterMs?: number): number | undefined =>
  delayAfter(new StreamError('rate-limit', 'x', { retryAfterMs }), settings, 1)

test.each([undefined, 0, 1, 99])(
  'a requested wait of %s ms is at least the backoff',
  (retryAfterMs) => {
    expect(after(retryAfterMs)).toBeGreaterThanOrEqual(100)
    expect(after(retryAfterMs)).toBeLessThanOrEqual(200)
  },
)

test('a longer requested wait replaces the backoff', () => {
  expect(after(3_000)).toBe(3_000)
})

test('a wait above maxRetryAfterMs is refused', () => {
  expect(after(5_001)).toBeUndefined()
  expect(after(Infinity)).toBeUndefined()
})

test('a timer can take every wait', () => {
  const patient = checkRetry({ maxRetryAfterMs: Infinity })
  const error = new StreamError('rate-limit', 'x', { retryAfterMs: 30 * 24 * 60 * 60 * 1000 })
  expect(delayAfter(error, patient, 1)).toBe(2 ** 31 - 1)
})
