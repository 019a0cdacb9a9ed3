import { describe, expect, test } from 'vitest'
import type { StreamErrorCode } from '../../src/base/errors.js'
import { providerError } from '../../src/http/provider-error.js'
import { loadHttpErrors, recordingsPresent } from '../support/recordings.js'

/** Decided by reading each body: provider, status and the words that show which body it is. */
const recorded: readonly (readonly [string, number, string, StreamErrorCode])[] = [
  ['openai', 400, 'gpt-5.2-proo', 'not-found'],
  ['anthropic', 404, 'claude-sonet-4-5', 'not-found'],
  ['groq', 404, 'llama-3.3-70b-versatlie', 'not-found'],
  ['deepseek', 400, 'No tool output found', 'invalid-request'],
  ['openai', 400, "Invalid 'messages[3]'", 'invalid-request'],
  ['openai', 400, 'Invalid file data', 'invalid-request'],
  ['openai', 400, "'messages[0].role' does not support", 'invalid-request'],
  ['openai', 400, 'Web search options not supported', 'invalid-request'],
  ['openai', 400, "Invalid 'temperature'", 'invalid-request'],
  ['openai', 400, 'without its required following item', 'invalid-request'],
  // A compressed body that nobody unpacked: only the status can tell.
  ['openai', 404, '\u001f', 'not-found'],
  ['azure', 404, 'DeploymentNotFound', 'not-found'],
  ['openai', 400, 'unsupported image', 'invalid-request'],
  ['openai', 400, 'Error while downloading', 'invalid-request'],
  ['anthropic', 401, 'invalid x-api-key', 'auth'],
  ['azure', 401, 'invalid subscription key', 'auth'],
  ['deepseek', 401, 'Authentication Fails', 'auth'],
  ['mistral', 401, 'Invalid API Key', 'auth'],
  ['perplexity', 401, 'Invalid API key provided', 'auth'],
  ['xai', 400, 'Incorrect API key', 'auth'],
  ['anthropic', 400, 'prompt is too long', 'context-length'],
  ['deepseek', 400, 'maximum context length', 'context-length'],
  ['ollama', 400, 'exceeded max context length', 'context-length'],
  ['perplexity', 400, 'too_many_prompt_tokens', 'context-length'],
  ['chatgpt-codex', 401, 'Could not parse your authentication token', 'auth'],
  ['deepseek', 400, 'unknown variant `image_url`', 'invalid-request'],
  ['doubleword', 403, 'forbidden', 'permission'],
  ['google', 404, 'gemini-nonexistent', 'not-found'],
  ['llamacpp', 400, 'exceed_context_size_error', 'context-length'],
  ['mistral', 400, 'Logprobs are not enabled', 'invalid-request'],
  ['openai', 400, 'gpt-nonexistent-model', 'not-found'],
]

if (!recordingsPresent) {
  test.skip('the recorded HTTP errors are not beside this checkout, so they are not judged', () => {})
}

describe.runIf(recordingsPresent)('every recorded HTTP error', () => {
  const errors = loadHttpErrors()

  test('is in the table', () => expect(errors).toHaveLength(recorded.length))

  for (const [position, [provider, status, words, code]] of recorded.entries()) {
    test(`${position} ${provider} ${status} "${words.trim()}" is ${code}`, () => {
      const found = errors[position]
      if (found === undefined) throw new Error('missing')
      expect([found.provider, found.status]).toEqual([provider, status])
      expect(found.body).toContain(words)
      const error = providerError({
        provider,
        status,
        headers: new Headers(found.headers),
        body: parse(found.body),
      })
      expect(error.code).toBe(code)
      expect(error.status).toBe(status)
      expect(error.retryable).toBe(false)
      expect(error.message.startsWith(`${provider}: ${status} `)).toBe(true)
      expect(error.message).not.toContain('\u001f')
    })
  }
})

describe('the words beat the status', () => {
  const cases: readonly (readonly [string, number | undefined, unknown, StreamErrorCode])[] = [
    [
      'an empty account',
      429,
      {
        error: {
          message: 'You exceeded your current quota, please check your plan and billing details.',
          type: 'insufficient_quota',
          code: 'insufficient_quota',
        },
      },
      'quota',
    ],
    [
      'too many requests',
      429,
      {
        error: {
          message: 'Rate limit reached for gpt-4o on requests per min (RPM): Limit 500',
          type: 'requests',
          code: 'rate_limit_exceeded',
        },
      },
      'rate-limit',
    ],
    [
      'a low credit balance',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'Your credit balance is too low to access the Anthropic API.',
        },
      },
      'quota',
    ],
    [
      'an overload in a 529',
      529,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'overloaded',
    ],
    [
      'an overload inside a stream',
      undefined,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'overloaded',
    ],
    [
      'an overload that comes as 429',
      429,
      {
        error: {
          message: 'The engine is currently overloaded, please try again later',
          type: 'server_error',
          code: null,
        },
      },
      'overloaded',
    ],
    [
      'a bad key of Gemini',
      400,
      [
        {
          error: {
            code: 400,
            message: 'API key not valid. Please pass a valid API key.',
            status: 'INVALID_ARGUMENT',
            details: [{ reason: 'API_KEY_INVALID' }],
          },
        },
      ],
      'auth',
    ],
    [
      'a Gemini limit per minute',
      429,
      {
        error: {
          code: 429,
          message: 'You exceeded your current quota',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }],
        },
      },
      'rate-limit',
    ],
    [
      'a Gemini limit per day',
      429,
      {
        error: {
          code: 429,
          message: 'You exceeded your current quota',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] }],
        },
      },
      'quota',
    ],
    [
      'a long prompt in a 413',
      413,
      {
        error: {
          message: 'prompt is too long: 3 tokens > 2 maximum',
          type: 'invalid_request_error',
        },
      },
      'context-length',
    ],
    [
      'a large body',
      413,
      {
        type: 'error',
        error: {
          type: 'request_too_large',
          message: 'Request exceeds the maximum allowed number of bytes',
        },
      },
      'invalid-request',
    ],
    [
      'too many tokens in a minute, as 413',
      413,
      {
        error: {
          message:
            'Request too large for model on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size',
          type: 'tokens',
          code: 'rate_limit_exceeded',
        },
      },
      'rate-limit',
    ],
    [
      'a model that one may not use',
      403,
      {
        error: {
          message: 'Project does not have access to model `m`',
          type: 'invalid_request_error',
          code: 'model_not_found',
        },
      },
      'permission',
    ],
    [
      'a flagged prompt',
      400,
      {
        error: {
          code: 'content_policy_violation',
          message: 'Your request was rejected as a result of our safety system.',
        },
      },
      'content-filter',
    ],
    [
      'a server that ran out of cache',
      undefined,
      { detail: 'failed to decode, try again, increasing context size or reducing parallel' },
      'server',
    ],
    [
      'a token count',
      400,
      {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
        },
      },
      'context-length',
    ],
    [
      'a limit on the answer',
      400,
      {
        error: {
          message:
            'max_tokens is too large: 100000. This model supports at most 16384 completion tokens',
          type: 'invalid_request_error',
        },
      },
      'invalid-request',
    ],
    [
      'a numeric code inside a stream',
      undefined,
      {
        error: {
          code: 500,
          message: 'The model produced output that does not match',
          type: 'server_error',
        },
      },
      'server',
    ],
    [
      'a flat error inside a stream',
      undefined,
      { code: 502, message: 'Provider returned error' },
      'server',
    ],
    [
      'a failed tool call inside a stream',
      undefined,
      {
        error: {
          message: 'Tool choice is required, but model did not call a tool',
          type: 'invalid_request_error',
          code: 'tool_use_failed',
          status_code: 400,
        },
      },
      'invalid-request',
    ],
    [
      'the error inside an error of a gateway',
      undefined,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            raw: '{"error":{"message":"prompt is too long","type":"invalid_request_error"}}',
          },
        },
      },
      'context-length',
    ],
    [
      'a FastAPI validation',
      422,
      {
        detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error.missing' }],
      },
      'invalid-request',
    ],
    ['a text', 500, 'Internal Server Error', 'server'],
    [
      'a page of a proxy',
      502,
      '<html><head><title>502 Bad Gateway</title></head><body></body></html>',
      'server',
    ],
    ['nothing', undefined, undefined, 'server'],
    ['an error without words inside a stream', undefined, { error: {} }, 'server'],
  ]
  for (const [name, status, body, code] of cases) {
    test(`${name} is ${code}`, () => {
      expect(providerError({ provider: 'p', status, body }).code).toBe(code)
    })
  }
})

test('a status without words means what HTTP says', () => {
  const codes: Record<number, StreamErrorCode> = {
    400: 'invalid-request',
    401: 'auth',
    402: 'quota',
    403: 'permission',
    404: 'not-found',
    408: 'timeout',
    409: 'conflict',
    413: 'invalid-request',
    422: 'invalid-request',
    429: 'rate-limit',
    500: 'server',
    502: 'server',
    503: 'overloaded',
    529: 'overloaded',
  }
  for (const [status, code] of Object.entries(codes)) {
    const error = providerError({ provider: 'p', status: Number(status), body: '' })
    expect([status, error.code]).toEqual([status, code])
  }
})

describe('the headers', () => {
  const withHeaders = (headers: Record<string, string>, status = 500) =>
    providerError({ provider: 'p', status, headers: new Headers(headers), body: {} })

  test('x-should-retry overrides what fits the code', () => {
    expect(withHeaders({ 'x-should-retry': 'false' }).retryable).toBe(false)
    expect(withHeaders({ 'x-should-retry': 'true' }, 400).retryable).toBe(true)
    expect(withHeaders({}, 409).retryable).toBe(true)
  })

  test('retry-after-ms comes before retry-after, in seconds or as a date', () => {
    expect(withHeaders({ 'retry-after-ms': '1500', 'retry-after': '9' }).retryAfterMs).toBe(1500)
    expect(withHeaders({ 'retry-after': '2' }).retryAfterMs).toBe(2000)
    const inAMinute = new Date(Date.now() + 60_000).toUTCString()
    const delayMs = withHeaders({ 'retry-after': inAMinute }).retryAfterMs ?? 0
    expect(Math.abs(delayMs - 60_000)).toBeLessThan(2_000)
    expect(withHeaders({ 'retry-after': new Date(0).toUTCString() }).retryAfterMs).toBe(0)
  })

  test('a retry-after that cannot be read is none', () => {
    expect(withHeaders({ 'retry-after': 'soon' }).retryAfterMs).toBeUndefined()
    expect(withHeaders({ 'retry-after': '-5' }).retryAfterMs).toBeUndefined()
  })

  test('the request id is read from any of its headers, else from the body', () => {
    for (const name of ['x-request-id', 'request-id', 'apim-request-id']) {
      const error = withHeaders({ [name]: 'req_1' })
      expect(error.requestId).toBe('req_1')
      expect(error.message).toContain('req_1')
    }
    const body = { type: 'error', error: { type: 'api_error', message: 'm' }, request_id: 'req_2' }
    expect(providerError({ provider: 'p', body }).requestId).toBe('req_2')
  })
})

test('a delay that Gemini gives in the body is read', () => {
  const details = [{ retryDelay: '34.5s' }]
  const body = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'm', details } }
  expect(providerError({ provider: 'p', status: 429, body }).retryAfterMs).toBe(34_500)
})

test('an error inside a stream without a hint can be tried again', () => {
  expect(providerError({ provider: 'p', body: { error: { message: 'Foobar' } } })).toMatchObject({
    code: 'server',
    retryable: true,
  })
})

test('the message is whole, but bounded', () => {
  const error = providerError({
    provider: 'p',
    status: 500,
    headers: new Headers({ 'x-request-id': 'req_3' }),
    body: { error: { message: 'x'.repeat(100_000) } },
  })
  expect(error.message.length).toBeLessThanOrEqual(2_000)
  expect(error.message.startsWith('p: 500 xxx')).toBe(true)
  expect(error.message.endsWith('[request req_3]')).toBe(true)
})

test('a page of a proxy is named by its title', () => {
  const body = '<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>'
  expect(providerError({ provider: 'p', status: 403, body }).message).toBe(
    'p: 403 an HTML page: Just a moment...',
  )
})

test('no body makes it throw', () => {
  const circular: Record<string, unknown> = {}
  circular.error = circular
  const bodies = [null, 1, true, [], [[]], {}, { error: null }, { error: [1] }, circular, '', '{']
  for (const body of bodies) expect(providerError({ provider: 'p', body }).code).toBe('server')
})

test('hostile text is read in linear time', () => {
  const body = { error: { message: 'context '.repeat(50_000) + '<'.repeat(50_000) } }
  const start = performance.now()
  providerError({ provider: 'p', status: 400, body })
  providerError({ provider: 'p', status: 400, body: `<html>${'<style>'.repeat(20_000)}` })
  expect(performance.now() - start).toBeLessThan(500)
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

describe('waits', () => {
  const waitOf = (headers: Record<string, string>): number | undefined =>
    providerError({ provider: 'p', status: 429, headers: new Headers(headers), body: '' })
      .retryAfterMs

  const longestMs = 30 * 24 * 60 * 60 * 1000

  test.each([
    [{ 'retry-after': '1e999' }, longestMs],
    [{ 'retry-after': 'Infinity' }, longestMs],
    [{ 'retry-after': '9'.repeat(400) }, longestMs],
    [{ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, longestMs],
    [{ 'retry-after-ms': '1e999' }, longestMs],
    [{ 'retry-after-ms': '-1', 'retry-after': '3' }, 3_000],
    [{ 'retry-after-ms': 'NaN' }, undefined],
    [{ 'retry-after': `${'1'.repeat(8_000)}x` }, undefined],
    [{ 'retry-after': '0' }, 0],
  ])('of %j are finite and bounded', (headers, expected) => {
    expect(waitOf(headers)).toBe(expected)
  })

  test('of a body are finite and bounded', () => {
    const details = ['1e999s', '-5s', 'soon'].map((retryDelay) => {
      const body = { error: { message: 'x', details: [{ retryDelay }] } }
      return providerError({ provider: 'p', body }).retryAfterMs
    })
    expect(details).toEqual([longestMs, undefined, undefined])
  })
})

test('a huge error body costs little and keeps its first codes', () => {
  const details = Array.from({ length: 100_000 }, (_, at) => ({ reason: `reason_${at}` }))
  const before = process.cpuUsage()
  const error = providerError({
    provider: 'p',
    body: { error: { code: 429, message: 'x', details } },
  })
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(500)
  expect(error).toMatchObject({ code: 'rate-limit' })
  expect(error.message).toContain('reason_0')
  expect(error.message.length).toBeLessThanOrEqual(2_000)
})

test.each(['<script', '<title ', '<'])('an HTML page of 64 kB of %s costs little', (piece) => {
  const page = `<html>${piece.repeat(65_536 / piece.length)}`
  const before = process.cpuUsage()
  providerError({ provider: 'p', status: 502, body: page })
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(100)
})
