/**
 * What a provider says when it refuses, as a StreamError: one reading for HTTP error bodies and for errors inside a stream, of
 * every provider. Where words and status disagree the words win: a bad key comes as 400 from some, a long prompt as 413.
 *
 * @module
 */

import { StreamError, type StreamErrorCode } from '../errors.js'

export interface ProviderFailure {
  provider: string
  /** Absent for an error inside a stream. */
  status?: number
  headers?: { get(name: string): string | null }
  /** Parsed JSON, or text. */
  body: unknown
  cause?: unknown
}

/** Longer messages are cut; some providers send the whole request back. */
const maxMessage = 2000

const words: readonly (readonly [StreamErrorCode, RegExp])[] = [
  [
    'context-length',
    /context_length|context window|max(imum)? context|exceed[^.]{0,60}context|(prompt|input) (is )?too long|too_many_prompt_tokens|all messages is too long/i,
  ],
  [
    'auth',
    /(invalid|incorrect)[ _](x-)?api[ _-]key|api key (not valid|[^.]*invalid)|authentication/i,
  ],
  [
    'quota',
    /insufficient_quota|current quota|billing|credit balance|insufficient (balance|credit|fund)/i,
  ],
  ['content-filter', /content_filter|content_policy|content management policy|safety system/i],
  ['not-found', /model_not_found|deploymentnotfound|not_found_error/i],
  ['rate-limit', /rate.?limit|too many requests|resource_exhausted/i],
  ['overloaded', /overloaded/i],
  ['permission', /permission_error|permission_denied/i],
]

const statuses: Readonly<Record<number, StreamErrorCode>> = {
  401: 'auth',
  402: 'quota',
  403: 'permission',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  429: 'rate-limit',
  503: 'overloaded',
  529: 'overloaded',
}

export function providerError(failure: ProviderFailure): StreamError {
  const { provider, headers, cause } = failure
  const said = read(failure.body)
  const status = failure.status ?? said.status
  const code = classify(status, said.words)
  const requestId = readRequestId(headers) ?? said.requestId
  const message = (said.message || 'The provider gave no reason.').slice(0, maxMessage)
  const subject = [provider, failure.status].filter((part) => part !== undefined).join(' ')
  const suffix = requestId === undefined ? '' : ` (request ${requestId})`
  return new StreamError(code, `${subject}: ${message}${suffix}`, {
    provider,
    status: failure.status,
    requestId,
    retryAfterMs: readRetryAfter(headers),
    retryable: readRetryable(headers) ?? (code === 'conflict' ? true : undefined),
    cause,
  })
}

function classify(status: number | undefined, text: string): StreamErrorCode {
  for (const [code, pattern] of words) {
    if (pattern.test(text)) return code
  }
  if (status !== undefined) {
    const code = statuses[status]
    if (code !== undefined) return code
    if (status >= 400 && status < 500) return 'invalid-request'
    return 'server'
  }
  return /invalid_request|invalid-argument|invalid_argument/i.test(text)
    ? 'invalid-request'
    : 'server'
}

interface Said {
  message: string
  /** All that may classify it: message, type and code. */
  words: string
  status?: number
  requestId?: string
}

/** Finds the error in `{error: {...}}`, `[{error}]`, `{error: 'text'}`, `{detail}`, `{message}`, or text. */
function read(body: unknown): Said {
  if (Array.isArray(body)) return read(body[0])
  if (typeof body !== 'object' || body === null) {
    const text = typeof body === 'string' ? body.trim() : ''
    return { message: text, words: text }
  }
  const outer = body as Record<string, unknown>
  const inner =
    typeof outer.error === 'object' && outer.error !== null
      ? (outer.error as Record<string, unknown>)
      : outer
  const message = [inner.message, outer.error, outer.detail, outer.message].find(
    (text) => typeof text === 'string' && text !== '',
  )
  const text = typeof message === 'string' ? message : JSON.stringify(outer)
  const status = [inner.status_code, inner.status, inner.code].map(Number).find(isErrorStatus)
  const requestId = outer.request_id
  return {
    message: text,
    words: [inner.code, inner.type, inner.status, text]
      .filter((part) => typeof part === 'string')
      .join(' '),
    ...(status === undefined ? {} : { status }),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  }
}

function isErrorStatus(value: number): boolean {
  return Number.isInteger(value) && value >= 400 && value < 600
}

type Headers = ProviderFailure['headers']

function readRequestId(headers: Headers): string | undefined {
  for (const name of ['x-request-id', 'request-id', 'apim-request-id']) {
    const value = headers?.get(name)
    if (value) return value
  }
  return undefined
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110, section 10.2.3). */
function readRetryAfter(headers: Headers): number | undefined {
  const exact = headers?.get('retry-after-ms')
  if (exact && Number(exact) >= 0) return Number(exact)
  const given = headers?.get('retry-after')
  if (!given) return undefined
  const seconds = Number(given)
  if (seconds >= 0) return Math.ceil(seconds * 1000)
  const date = Date.parse(given)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

/** Both OpenAI and Anthropic send `x-should-retry`. */
function readRetryable(headers: Headers): boolean | undefined {
  const value = headers?.get('x-should-retry')
  return value === 'true' ? true : value === 'false' ? false : undefined
}
