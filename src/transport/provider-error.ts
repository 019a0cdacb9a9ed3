/**
 * What a provider says when it fails, in HTTP bodies and inside a stream, as a StreamError.
 *
 * @module
 */

import { StreamError, type StreamErrorCode } from '../errors.js'
import { readErrorBody } from './error-body.js'
import { type HeaderReader, header, retryAfterMs } from './retry-after.js'

export interface ProviderErrorInput {
  provider: string
  /** The HTTP status; absent for an error inside a stream. */
  status?: number | undefined
  headers?: HeaderReader | undefined
  /** Parsed JSON, or the text where it is not JSON. */
  body: unknown
  cause?: unknown
  /** What to say if the body says nothing. */
  message?: string | undefined
}

/** The longest message, in characters. It is meant for logs. */
const maxMessageLength = 2_000

/** The longest text that patterns are tried on, in characters, so that a huge body costs nothing. */
const maxSearchLength = 4_000

/**
 * The error of any provider, whatever its shape: `{error: {message, type, code}}` (OpenAI and those like it),
 * `{type: 'error', error}` (Anthropic), `{error: {code, status}}` also in an array (Gemini), `{detail}` (FastAPI), plain text, HTML.
 *
 * Words beat the status, because a bad key also comes as 400, a long prompt as 413 or 500, an empty account as 429.
 */
export function providerError(input: ProviderErrorInput): StreamError {
  const { provider, headers, cause } = input
  const body = readErrorBody(input.body)
  const sentStatus = isErrorStatus(input.status) ? input.status : undefined
  const status = sentStatus ?? body.status
  const text = body.message || input.message || ''
  const code = classify(body.words, wordsOf(text), status, body)
  const requestId =
    header(headers, 'x-request-id') ??
    header(headers, 'request-id') ??
    header(headers, 'apim-request-id') ??
    body.requestId
  return new StreamError(code, describe(provider, status, text, body.words, requestId), {
    provider,
    status,
    requestId,
    cause,
    retryable: retryable(headers, code, status),
    retryAfterMs: retryAfterMs(headers) ?? body.retryAfterMs,
  })
}

/** What patterns are tried on: without addresses, which name pages such as `/settings/billing` for any failure. */
function wordsOf(text: string): string {
  return text
    .slice(0, maxSearchLength)
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, '')
}

// ---------------------------------------------------------------- code

/** Codes, types and statuses that mean one thing, written without case and punctuation. The first that matches counts. */
const wordPatterns: readonly (readonly [RegExp, StreamErrorCode])[] = [
  [
    /context(length|size|window)|prompttokens|prompttoolong|inputtoolong|stringabovemaxlength/,
    'context-length',
  ],
  [
    /insufficient(quota|balance|credit|fund)|billing|payment|currentquota|(?<!token)quotaexceeded|arrear|spendlimit|usagelimit|budgetexceeded|creditlimit/,
    'quota',
  ],
  [/authenticat|apikey|^unauthorized|(invalid|expired|missing)token|tokenexpired/, 'auth'],
  [
    /contentfilter|contentpolicy|responsibleai|datainspection|moderation|invalidprompt/,
    'content-filter',
  ],
  [/ratelimit|toomanyrequests|throttl|resourceexhausted/, 'rate-limit'],
  [/overloaded|unavailable|capacity|slowdown|insufficientsystemresource|notready/, 'overloaded'],
  [/notfound|(does)?notexist$|unknownmodel/, 'not-found'],
  [/permission|(?<!extra)forbidden|accessdenied|unsupportedcountry/, 'permission'],
  [/timeout|timedout|deadlineexceeded/, 'timeout'],
  [/conflict/, 'conflict'],
]

/** Words that providers also send with errors of other kinds, so that the message and the status come first. */
const vagueWordPatterns: readonly (readonly [RegExp, StreamErrorCode])[] = [
  [/servererror|apierror|^internal/, 'server'],
  [/invalid|badrequest|unprocessable|unsupported|validation|failedprecondition/, 'invalid-request'],
]

/** A limit is named beside the context, and it is exceeded: "try increasing context size" alone is a server's trouble. */
const contextPatterns: readonly RegExp[] = [
  /(exceed|maximum|too (long|large|many)|(longer|larger|greater) than)[^]{0,120}context.?(length|window|size|limit)/,
  /context.?(length|window|size|limit)[^]{0,80}(exceed|is too|reached|overflow|not enough)/,
  /(prompt|input|inputs|messages?)( is| are)? too long|(prompt|input) (length|exceeds) (exceeds|should be|max)/,
  /too many (prompt |input )?tokens|maximum (prompt|input) length|range of input length/,
  /token count[^]{0,40}(exceeds|is \d)|model token limit|reduce the length of/,
  // Text Generation Inference
  /must have less than \d+ tokens|inputs\W+tokens \+/,
]

const authPatterns: readonly RegExp[] = [
  /(invalid|incorrect|missing|no|expired|revoked|malformed|wrong) (x-)?(api.?key|subscription key|auth(entication|orization)?.(token|header)|(bearer )?token|credentials)/,
  /api.?key[^]{0,40}(invalid|not valid|incorrect|missing|expired|required|not found|not set)/,
  /authentication (fail|error|required)|(your )?authentication token|provide an api.?key|^unauthorized/,
  /security token[^]{0,30}(invalid|expired)|unregistered callers/,
]

const quotaPatterns: readonly RegExp[] = [
  /insufficient.(quota|balance|credit|funds)|credit balance|(more|out of|enough) credits/,
  /exceeded your (current|monthly) |billing|payment required|(spend|spending|usage) limit/,
  /have any credits|over budget|budget has been exceeded/,
]

const filterPatterns: readonly RegExp[] = [
  /content.?(management |filtering )?(policy|filter)|safety system|flagged (as|by)|was flagged|usage policy|(inappropriate|unsafe|sensitive) content|unsafe or sensitive/,
]

const overloadedPatterns: readonly RegExp[] = [
  /overloaded|(over|at|exceeded|no) capacity|(currently|temporarily) unavailable|high demand|currently loading/,
]

const rateLimitPatterns: readonly RegExp[] = [
  /rate.?limit|too many requests|(requests|tokens) per (second|minute|min|hour|day)|throttl|resource.{0,15}exhausted/,
]

const notFoundPatterns: readonly RegExp[] = [
  /(model|deployment)[^]{0,80}(does not exist|doesn't exist|not found|not exist)|(no such|unknown) model|model identifier is invalid/,
]

const permissionPatterns: readonly RegExp[] = [
  /permission|forbidden|(do|does) not have access|not (allowed|authorized) to|access denied|location is not supported/,
]

function classify(
  words: readonly string[],
  text: string,
  status: number | undefined,
  body: { quotaPerDay: boolean; retryAfterMs: number | undefined },
): StreamErrorCode {
  const word = firstWord(words, wordPatterns)
  if (word === 'context-length' || word === 'quota' || word === 'auth') return word
  // Gemini says RESOURCE_EXHAUSTED and "quota" for a limit per minute too; its details tell which one it is.
  if (word === 'rate-limit') {
    if (body.quotaPerDay) return 'quota'
    return body.retryAfterMs === undefined && matches(quotaPatterns, text) ? 'quota' : word
  }
  // OpenAI sends `model_not_found` with 403 for a model that exists.
  if (word === 'not-found' && status === 403) return 'permission'
  if (word !== undefined && word !== 'permission') return word
  if (status === 401) return 'auth'
  if (status === 402) return 'quota'
  // A 429 that speaks of the context is about the tokens allowed in a minute.
  if (status !== 429 && status !== 404 && matches(contextPatterns, text)) return 'context-length'
  if (status !== 404 && matches(authPatterns, text)) return 'auth'
  if (matches(quotaPatterns, text)) return 'quota'
  if (matches(filterPatterns, text)) return 'content-filter'
  if (matches(overloadedPatterns, text)) return 'overloaded'
  if (matches(rateLimitPatterns, text)) return 'rate-limit'
  return word ?? byStatus(status, words, text)
}

function byStatus(
  status: number | undefined,
  words: readonly string[],
  text: string,
): StreamErrorCode {
  switch (status) {
    case 403:
      return 'permission'
    case 404:
      return 'not-found'
    case 408:
      return 'timeout'
    case 409:
      return 'conflict'
    case 413:
    case 422:
      return 'invalid-request'
    // Bedrock: the model failed
    case 424:
      return 'server'
    case 429:
      return 'rate-limit'
    case 503:
    case 529:
      return 'overloaded'
  }
  if (status !== undefined && status >= 500) return 'server'
  if (matches(notFoundPatterns, text)) return 'not-found'
  if (matches(permissionPatterns, text)) return 'permission'
  if (status !== undefined) return 'invalid-request'
  // Inside a stream, and nothing tells: the request was accepted, so the fault is the server's.
  return firstWord(words, vagueWordPatterns) ?? 'server'
}

function firstWord(
  words: readonly string[],
  patterns: readonly (readonly [RegExp, StreamErrorCode])[],
): StreamErrorCode | undefined {
  for (const [pattern, code] of patterns) {
    if (words.some((word) => pattern.test(plain(word)))) return code
  }
  return undefined
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function matches(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text))
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599
}

// ---------------------------------------------------------------- headers

/** `x-should-retry` is the provider's own word, which both official SDKs follow. Undefined: what fits the code. */
function retryable(
  headers: ProviderErrorInput['headers'],
  code: StreamErrorCode,
  status: number | undefined,
): boolean | undefined {
  const said = header(headers, 'x-should-retry')
  if (said === 'true') return true
  if (said === 'false') return false
  // What is too large now is too large the next time, such as a prompt above the tokens allowed in a minute.
  if (status === 413) return false
  return code === 'conflict' ? true : undefined
}

// ---------------------------------------------------------------- message

function describe(
  provider: string,
  status: number | undefined,
  text: string,
  words: readonly string[],
  requestId: string | undefined,
): string {
  const head = status === undefined ? `${provider}: ` : `${provider}: ${status} `
  let tail = ''
  const named = words.filter((word) => word !== String(status))
  if (named.length > 0) tail += ` (${named.join(', ')})`
  if (requestId !== undefined) tail += ` [request ${requestId}]`
  tail = shorten(tail, 400)
  const said = text.trim() || 'The provider failed without saying why.'
  return head + shorten(said, maxMessageLength - head.length - tail.length) + tail
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text
}
