/**
 * A provider's error, in an HTTP body or inside a stream, as a StreamError.
 *
 * @module
 */

import { StreamError, type StreamErrorCode } from '../base/errors.js'
import { type ErrorBody, readErrorBody, toStatus } from './error-body.js'
import { type HeaderReader, header, requestIdOf } from './headers.js'
import { isDailyLimit, waitForReset, waitInHeaders, waitInWords } from './requested-wait.js'

/** Options of `providerError()`. */
export interface ProviderErrorInput {
  /** The provider's name, for the error. */
  provider: string
  /** The HTTP status; absent for an error inside a stream. */
  status?: number | undefined
  headers?: HeaderReader | undefined
  /** Parsed JSON, or the text if it is not JSON. */
  body: unknown
  cause?: unknown
  /** The message if the body has none. */
  message?: string | undefined
  /** What to do if the address is not found. */
  hint?: string | undefined
}

/** The longest message, in characters. Messages are meant for logs. */
const maxMessageLength = 2_000

/** The longest text that patterns are tried on, in characters, so that a huge body costs little. */
const maxSearchLength = 4_000

/**
 * Creates the error of any provider, whatever its shape: `{error: {message, type, code}}` (OpenAI
 * and those like it), `{type: 'error', error}` (Anthropic), `{error: {code, status}}` also in an
 * array (Gemini), `{detail}` (FastAPI), plain text, HTML.
 *
 * Words beat the status, because a bad key also comes as 400, a long prompt as 413 or 500, an empty
 * account as 429.
 */
export function providerError(input: ProviderErrorInput): StreamError {
  const { provider, headers, cause } = input
  const body = readErrorBody(input.body)
  const status = toStatus(input.status) ?? body.status
  const text = body.message || input.message || ''
  const words = wordsOf(text)
  body.retryAfterMs ??= waitInWords(words)
  const likely = codeFor(body, words, status ?? 0)
  const isDaily = body.quotaPerDay || isDailyLimit(words)
  const code = likely === 'rate-limit' && isDaily ? 'quota' : likely
  const resetMs = code === 'rate-limit' ? waitForReset(headers) : undefined
  const requestId = requestIdOf(headers) ?? body.requestId
  const hint = code === 'not-found' ? input.hint : undefined
  const message = describe(provider, status, text, body.words, hint, requestId)
  return new StreamError(code, message, {
    provider,
    status,
    requestId,
    cause,
    retryable: retryable(headers, code, status, words),
    retryAfterMs: waitInHeaders(headers) ?? body.retryAfterMs ?? resetMs,
  })
}

/**
 * The text for patterns: without addresses, which name pages such as `/settings/billing` for any
 * failure, and without quotes. Spaces, hyphens and underscores are one space.
 */
function wordsOf(text: string): string {
  return text
    .slice(0, maxSearchLength)
    .toLowerCase()
    .replace(/https?:\/\/\S+|['"`’]/g, '')
    .replace(/[\s_-]+/g, ' ')
}

// ---------------------------------------------------------------- code

/** A code and its patterns. The first rule that matches counts. */
type Rule = readonly [StreamErrorCode, ...RegExp[]]

const quotaRule: Rule = [
  'quota',
  /insufficient ?(quota|balance|credit|fund)|billing|payment ?required|arrear|credit ?limit/,
  /(spend(ing)?|usage) ?limit|budget ?(has been )?exceeded|over budget/,
  /credit balance|(any|more|out of|enough) credits|exceeded your (current|monthly) /,
  /currentquota|(?<!token)quotaexceeded/,
]

/**
 * The meaning of sentences, and of codes, types and statuses, which are written without case and
 * punctuation: a pattern with a space is for sentences only.
 */
const rules: readonly Rule[] = [
  [
    'context-length',
    // A limit is named with the context, and it is exceeded: "try increasing context size" alone is
    // a server's trouble.
    /(exceed|maximum|reached|too (long|large|many)|(long|larg|great)er than)[^]{0,120}context ?(length|window|size|limit)/,
    /context ?(length|window|size|limit)[^]{0,80}(exceed|is too|reached|overflow|not enough)/,
    /(prompt|inputs?|messages?) ?((is|are) )?too ?long|(prompt|input) (exceeds|length) max/,
    /(prompt|input)( token)? (length|tokens)[^.]{0,30} (exceed|should be)/,
    /too many (prompt |input )?tokens|maximum (allowed )?(prompt|input|model) length/,
    /token count[^]{0,40}(exceeds|is \d)|token limit exceeded|model token limit|reduce the length of/,
    // vLLM, Z.ai, SiliconFlow, Volcengine
    /must be at least 1, got |more than max tokens|max seq len|exceed max message tokens/,
    // Text Generation Inference
    /must have less than \d+ tokens|inputs tokens \+/,
  ],
  [
    'auth',
    /(invalid|incorrect|missing|no|expired|revoked|malformed|wrong) ?(x )?((api|subscription) ?key|auth\w* (token|header)|(bearer )?token|credentials)/,
    /api ?key[^]{0,40}(invalid|incorrect|missing|expired|required|not (valid|found|set))/,
    /authentication (fail|error|required|token)|provide an api ?key|^unauthorized/,
    /security token[^]{0,30}(invalid|expired)|unregistered callers/,
  ],
  quotaRule,
  [
    'content-filter',
    /content ?(management |filtering )?(policy|filter)|safety system|flagged (as|by)|was flagged|usage policy|(inappropriate|unsafe|sensitive) content|unsafe or sensitive/,
    /responsibleai|datainspection|invalidprompt/,
  ],
  [
    'overloaded',
    /overloaded|(over|at|exceeded|no) ?capacity|(currently|temporarily) unavailable|high demand|currently loading/,
    /slowdown|insufficientsystemresource|notready/,
  ],
  [
    'rate-limit',
    /rate ?limit|too ?many ?requests|(requests|tokens) per (sec|min|hour|day)|throttl|resource.{0,15}exhausted/,
    /too many tokens/,
  ],
  [
    'invalid-request',
    // Images and the like for a model that takes text only: a 500 of llama-server, a 404 of
    // OpenRouter, an error inside a stream of LM Studio
    /(image|audio|video|vision|multimodal)[^.]{0,30} (is |are |is|are)no?t (supported|enabled)/,
    /(no?t|no endpoints found that) (support|accept)[^.]{0,20}(image|audio|video|vision|multimodal)/,
    /not a (multimodal|vision) model|mmproj|text only|unsupported content part|at most 0 (image|audio|video)|required for image/,
  ],
]

/** Sentences of these kinds count only if the status means nothing. */
const refusals: readonly Rule[] = [
  [
    'not-found',
    /(no such|unknown) model|model identifier is invalid/,
    /(model|deployment)[^]{0,80}no?t (exist|found)/,
  ],
  [
    'permission',
    /permission|(?<!extra)forbidden|access ?denied|unsupportedcountry/,
    /no?t have access|not (allowed|authorized) to|location is not supported/,
  ],
]

/** Parts of codes, types and statuses that mean nothing in a sentence. */
const wordRules: readonly Rule[] = [
  // 1261: Z.ai
  ['context-length', /context(length|size|window)|prompttokens|stringabovemaxlength|^1261$/],
  ['quota', /payment/],
  ['auth', /authenticat|apikey|tokenexpired/],
  ['content-filter', /moderation/],
  ['overloaded', /unavailable|capacity/],
  ['not-found', /notfound|notexist$|unknownmodel/],
  ...refusals,
  ['timeout', /timeout|timedout|deadlineexceeded/],
  ['conflict', /conflict/],
]

/** Words that providers also send with other errors, so the message and the status come first. */
const invalidRule: Rule = [
  'invalid-request',
  /invalid|badrequest|unprocessable|unsupported|validation|failedprecondition/,
]

/** Throttling may be worded like a prompt that is too long: "Too many tokens, please wait". */
const throttled =
  /rate ?limit|too many requests|throttl|please wait|per (sec|min|hour|day)|try again (in|later)/

const statusCodes: Readonly<Partial<Record<number, StreamErrorCode>>> = {
  401: 'auth',
  402: 'quota',
  403: 'permission',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  413: 'invalid-request',
  422: 'invalid-request',
  // Bedrock: the model failed
  424: 'server',
  429: 'rate-limit',
  503: 'overloaded',
  529: 'overloaded',
}

/** @param status - 0 for an error inside a stream that has none */
function codeFor(
  { words, retryAfterMs: askedMs }: ErrorBody,
  text: string,
  status: number,
): StreamErrorCode {
  const plainWords = words.map((word) => word.toLowerCase().replace(/[^a-z0-9]/g, ''))
  const word = codeOf(rules, plainWords) ?? codeOf(wordRules, plainWords)
  // Gemini sends RESOURCE_EXHAUSTED and "quota" for a limit per minute too; its details tell them
  // apart.
  if (word === 'rate-limit') {
    return askedMs === undefined ? (codeOf([quotaRule], [text]) ?? word) : word
  }
  // OpenAI sends `model_not_found` with 403 for a model that exists.
  if (word === 'not-found' && status === 403) return 'permission'
  if (word !== undefined && word !== 'permission') return word
  const told = statusCodes[status] ?? (status >= 500 ? 'server' : undefined)
  if (told === 'auth' || told === 'quota') return told
  // A 429 about the context is about the tokens allowed in a minute.
  const isOther = status === 404 || status === 429 || throttled.test(text)
  const sentences = rules.filter(
    ([code]) => !(code === 'context-length' ? isOther : code === 'auth' && status === 404),
  )
  const known = codeOf(sentences, [text]) ?? word ?? told ?? codeOf(refusals, [text])
  if (known !== undefined || status > 0) return known ?? 'invalid-request'
  // Inside a stream, without a hint: the request was accepted, so the fault is the server's.
  return codeOf([invalidRule], plainWords) ?? 'server'
}

function codeOf(table: readonly Rule[], texts: readonly string[]): StreamErrorCode | undefined {
  const matches = (pattern: RegExp): boolean => texts.some((text) => pattern.test(text))
  return table.find(([, ...patterns]) => patterns.some(matches))?.[0]
}

// ---------------------------------------------------------------- headers

/** `x-should-retry` decides, as in both official SDKs. Undefined: whatever fits the code. */
function retryable(
  headers: ProviderErrorInput['headers'],
  code: StreamErrorCode,
  status: number | undefined,
  text: string,
): boolean | undefined {
  const said = header(headers, 'x-should-retry')
  if (said === 'true' || said === 'false') return said === 'true'
  // A request that is too large stays too large, such as a prompt above the tokens allowed in a
  // minute.
  if (status === 413 || text.includes('request too large')) return false
  return code === 'conflict' ? true : undefined
}

// ---------------------------------------------------------------- message

function describe(
  provider: string,
  status: number | undefined,
  text: string,
  words: readonly string[],
  hint: string | undefined,
  requestId: string | undefined,
): string {
  const head = status === undefined ? `${provider}: ` : `${provider}: ${status} `
  let tail = ''
  const named = words.filter((word) => word !== String(status))
  if (named.length > 0) tail += ` (${named.join(', ')})`
  if (hint !== undefined) tail += ` ${hint}`
  if (requestId !== undefined) tail += ` [request ${requestId}]`
  tail = shorten(tail, 400)
  const said = text.slice(0, 2 * maxMessageLength).trim() || 'The provider failed without a reason.'
  return head + shorten(said, maxMessageLength - head.length - tail.length) + tail
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(0, length - 1))}…` : text
}
