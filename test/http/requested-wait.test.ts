import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { providerError } from '../../src/http/provider-error.js'
import { toWaitMs } from '../../src/http/requested-wait.js'

const now = Date.UTC(2026, 10, 30, 12)
beforeEach(() => vi.useFakeTimers({ now }))
afterEach(() => vi.useRealTimers())

const waitOf = (
  body: unknown,
  headers?: Record<string, string>,
  status: number | undefined = 429,
) =>
  providerError({ provider: 'p', status, body, headers: headers && new Headers(headers) })
    .retryAfterMs

describe('the wait in a sentence is read', () => {
  test.each([
    ['Rate limit reached (TPM): Limit 30000. Please try again in 11.054s. Visit x.', 11_054],
    ['Rate limit reached. Please try again in 6ms.', 6],
    ['Rate limit reached. Please try again in 1m30s.', 90_000],
    ['Rate limit reached. Please try again in 1m0.363142857s. Visit x.', 60_364],
    ['Rate limit reached. Please try again in 2h3m.', 7_380_000],
    ['Rate limit is exceeded. Try again in 20 seconds.', 20_000],
    ['Please retry in 35s', 35_000],
    ['Please retry in 50.100531271s.', 50_101],
    ['Requests have exceeded call rate limit. Please retry after 8 seconds.', 8_000],
    ['Please retry after 1 second.', 1_000],
    ['Too many requests. Please wait 2 minutes before trying again.', 120_000],
    ['Please try again in about 1 hour and 5 minutes.', 3_900_000],
    ['Too many requests. Your limit resets in 12s', 12_000],
    ['Slow down. Your quota will reset after 1h12m16s.', 4_336_000],
    ['Too many requests. Retry in 250 milliseconds', 250],
    ['Too many requests. Retry in 3 days', 259_200_000],
  ])('%s', (message, delayMs) => {
    expect(waitOf({ error: { message } })).toBe(delayMs)
    // As an error inside a stream, and around the words of the provider
    expect(waitOf({ error: { message, code: 'rate_limit_exceeded' } }, {}, undefined)).toBe(delayMs)
    expect(waitOf({ error: { message: 'failed', metadata: { raw: message } } })).toBe(delayMs)
  })

  test.each([
    'Rate limit reached: Limit 30000, Used 29999, Requested 5541.',
    'Rate limit: 10 requests in 60 seconds.',
    'Too many requests. Try again later.',
    'Too many requests. Try again after 2026-12-01.',
    'Too many requests. Retry 3 more times.',
  ])('but not in: %s', (message) => {
    expect(waitOf({ error: { message } })).toBeUndefined()
  })
})

describe('the wait in a field of the body is read', () => {
  test.each([
    [{ message: 'a', retry_after: 8.5 }, 8_500],
    [{ error: { message: 'a', retry_after: '8' } }, 8_000],
    [{ error: { message: 'a', retryAfter: 3 } }, 3_000],
    [{ error: { message: 'a', retry_after_ms: 1_500 } }, 1_500],
    [{ error: { message: 'a' }, retry_after_seconds: 2 }, 2_000],
    [{ error: { message: 'a', details: [{ retryDelay: '34.5s' }] } }, 34_500],
    [{ error: { type: 'usage_limit_reached', message: 'a', resets_in_seconds: 90 } }, 90_000],
    [{ error: 'Model x is currently loading', estimated_time: 20 }, 20_000],
    [{ error: { message: 'a', metadata: { retry_after_seconds: 4 } } }, 4_000],
  ])('%j', (body, delayMs) => {
    expect(waitOf(body)).toBe(delayMs)
  })

  test.each([
    ['X-RateLimit-Reset', String(now + 42_000), 42_000],
    ['x-ratelimit-reset', String(now / 1000 + 42), 42_000],
    ['X-RateLimit-Reset', now - 5_000, 0],
    ['Retry-After', '7', 7_000],
  ])('among the headers that OpenRouter puts there: %s %s', (name, value, delayMs) => {
    const metadata = { headers: { 'X-RateLimit-Remaining': '0', [name]: value } }
    expect(waitOf({ error: { message: 'Rate limit', code: 429, metadata } })).toBe(delayMs)
  })
})

describe('the reset of a limit of which nothing remains is read from the headers', () => {
  test.each([
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66s' }, 7_660],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 120],
    [{ 'x-ratelimit-reset-tokens-minute': '26.2' }, 26_200],
    [{ 'x-ratelimit-reset': String(now / 1000 + 30) }, 30_000],
    [
      {
        'anthropic-ratelimit-requests-remaining': '40',
        'anthropic-ratelimit-requests-reset': '2026-11-30T13:00:00Z',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-30T12:00:09Z',
      },
      9_000,
    ],
  ])('%j', (headers, delayMs) => {
    expect(waitOf({ error: { message: 'Rate limit' } }, headers)).toBe(delayMs)
    // The provider's own word counts first, and an error of another kind has no limit.
    expect(waitOf({ error: { message: 'Rate limit' } }, { ...headers, 'retry-after': '1' })).toBe(
      1_000,
    )
    expect(waitOf({ error: { message: 'boom' } }, headers, 500)).toBeUndefined()
  })

  test('or else the first reset, because a large request fails before nothing remains', () => {
    const headers = {
      'x-ratelimit-remaining-tokens': '12',
      'x-ratelimit-reset-tokens': '1m',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '2m',
    }
    expect(waitOf({ error: { message: 'Rate limit' } }, headers)).toBe(60_000)
  })
})

test('the reset of a plan, which does not name what remains, is no wait', () => {
  const headers = { 'anthropic-ratelimit-unified-7d-reset': String(now / 1000 + 600_000) }
  expect(waitOf({ error: { message: 'Rate limit' } }, headers)).toBeUndefined()
})

test('a wait is finite and bounded', () => {
  for (const value of [
    -1,
    '-1',
    '-5s',
    '',
    'soon',
    '5 apples',
    '1 of 3 days',
    null,
    {},
    Number.NaN,
  ]) {
    expect([value, toWaitMs(value)]).toEqual([value, undefined])
  }
  for (const value of [
    '9'.repeat(300),
    '1e400',
    '1e400s',
    Infinity,
    '99999999d',
    '2999-01-01T00:00:00Z',
    8e12,
  ]) {
    expect([value, toWaitMs(value)]).toEqual([value, 30 * 86_400_000])
  }
  expect(toWaitMs('Mon, 30 Mar 2026 12:00:00 GMT')).toBe(0)
})

test('a long text that is almost a duration is read once', () => {
  // Patterns that could split it in more than one way would not end.
  for (const part of ['1min', '1m', '1 hours and ', '1e1s, ', '1.1']) {
    expect(toWaitMs(`${part.repeat(20_000)}!`)).toBeUndefined()
    const message = `Rate limit. Try again in ${part.repeat(20_000)}!`
    expect(providerError({ provider: 'p', body: { error: { message } } }).code).toBe('rate-limit')
  }
})

test('a limit for a day is not retried, and keeps the wait that the provider names', () => {
  const message = 'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock more'
  const metadata = { headers: { 'X-RateLimit-Reset': String(now + 15 * 3_600_000) } }
  const error = providerError({
    provider: 'p',
    status: 429,
    body: { error: { message, code: 429, metadata } },
  })
  expect(error).toMatchObject({ code: 'quota', retryable: false, retryAfterMs: 54_000_000 })
})

test('a request that is larger than the limit for a minute is not retried', () => {
  const message =
    'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.'
  const body = { error: { message, code: 'rate_limit_exceeded' } }
  const error = providerError({ provider: 'p', status: 429, body })
  expect(error).toMatchObject({ code: 'rate-limit', retryable: false })
})
