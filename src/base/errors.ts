/**
 * The error class of the library.
 *
 * @module
 */

import { compact, textOf } from './read-json.js'

/** Why a stream failed. */
export type StreamErrorCode =
  | 'aborted'
  | 'timeout'
  | 'network'
  | 'interrupted'
  | 'rate-limit'
  | 'quota'
  | 'overloaded'
  | 'server'
  | 'auth'
  | 'permission'
  | 'not-found'
  | 'invalid-request'
  | 'context-length'
  | 'content-filter'
  | 'protocol'
  | 'retracted'
  | 'conflict'
  | 'store'
  | 'setup'
  | 'unknown'

/** The public sentences of failures that are retryable. */
const retryableSentences = {
  timeout: 'The model took too long to answer.',
  network: 'The connection to the model failed.',
  interrupted: 'The answer broke off before it was complete.',
  'rate-limit': 'Too many requests. Try again later.',
  overloaded: 'The model is overloaded. Try again later.',
  server: 'The model had an internal error.',
  retracted: 'The answer was restarted. Try again.',
}

/** The public sentence of each code, which clients may read. */
const sentences: Record<StreamErrorCode, string> = {
  ...retryableSentences,
  aborted: 'The request was cancelled.',
  quota: 'The usage limit of this service is reached.',
  auth: 'This service is not set up to reach the model.',
  permission: 'This service may not use this model.',
  'not-found': 'The model was not found.',
  'invalid-request': 'The model did not accept the request.',
  'context-length': 'The conversation is too long for the model.',
  'content-filter': 'The answer was withheld by a content filter.',
  protocol: 'The model sent an answer that could not be read.',
  conflict: 'Another request is in progress.',
  store: 'The storage of this service failed.',
  setup: 'This service is not set up correctly.',
  unknown: 'Something went wrong.',
}

export function isErrorCode(value: unknown): value is StreamErrorCode {
  return typeof value === 'string' && Object.hasOwn(sentences, value)
}

/** Control characters, line breaks, and what reorders the text in a terminal or a log viewer. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu

const brand = Symbol.for('sluice.StreamError')

/** Options of `StreamError`. */
export interface StreamErrorOptions {
  /**
   * @default true for the codes timeout, network, interrupted, rate-limit, overloaded, server and
   * retracted
   */
  retryable?: boolean | undefined
  status?: number | undefined
  provider?: string | undefined
  retryAfterMs?: number | undefined
  requestId?: string | undefined
  /**
   * The message of `toJSON()`, which a client may read.
   * @default the fixed sentence of the code
   */
  publicMessage?: string | undefined
  /** The beginning of the response body. */
  body?: string | undefined
  cause?: unknown
}

/** The part of an error that may leave the server. */
export interface StreamErrorJSON {
  code: StreamErrorCode
  /** A fixed sentence for the code, never the provider's message. */
  message: string
  retryable: boolean
  status?: number
  retryAfterMs?: number
}

/**
 * A failure of a stream. `message` has all details and is meant for logs; `toJSON()` returns what a
 * client may see.
 */
export class StreamError extends Error {
  static {
    this.prototype.name = 'StreamError'
  }

  readonly code: StreamErrorCode
  /** The message that a client may read. */
  declare readonly publicMessage: string
  /** Whether a retry can succeed. */
  readonly retryable: boolean
  /** The HTTP status of the response. */
  declare readonly status?: number
  declare readonly provider?: string
  /** The wait that the provider requested, in milliseconds. */
  declare readonly retryAfterMs?: number
  /** The provider's id of the request, for its support team. */
  declare readonly requestId?: string
  /**
   * The first 4,096 characters of the response body, in errors between a page and its own server.
   * Not in `toJSON()`.
   */
  declare readonly body?: string

  constructor(code: StreamErrorCode, message: string, options: StreamErrorOptions = {}) {
    super(
      message.replaceAll(invisible, ' '),
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.retryable = options.retryable ?? Object.hasOwn(retryableSentences, code)
    const { status, provider, retryAfterMs, requestId, body } = options
    Object.assign(this, compact({ status, provider, retryAfterMs, requestId, body }))
    // Not enumerable, because logs need only `message`.
    Object.defineProperty(this, 'publicMessage', {
      value: options.publicMessage?.replaceAll(invisible, ' ') ?? sentences[code],
    })
    // A brand instead of `instanceof`, because a program can load several copies of this class.
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether a value is a StreamError, of any copy of this package. */
  static is(value: unknown): value is StreamError {
    return typeof value === 'object' && value !== null && brand in value
  }

  /** Returns a StreamError as it is. Anything else becomes the cause of one with code `unknown`. */
  static from(value: unknown): StreamError {
    if (StreamError.is(value)) return value
    const message = value instanceof Error ? value.message : String(value)
    return new StreamError('unknown', message, { cause: value })
  }

  /**
   * Restores an error from `toJSON()`, with the fields that a server may have exposed in addition.
   * Never throws.
   */
  static fromJSON(value: unknown): StreamError {
    return StreamError.#restore(value, undefined)
  }

  static #restore(value: unknown, cause: unknown): StreamError {
    const json: Partial<Record<keyof StreamErrorJSON | 'provider' | 'requestId', unknown>> =
      Object(value)
    const code = isCode(json.code) ? json.code : 'unknown'
    return new StreamError(code, textOf(json.message) ?? sentences[code], {
      retryable: typeof json.retryable === 'boolean' ? json.retryable : undefined,
      status: numberOf(json.status),
      retryAfterMs: numberOf(json.retryAfterMs),
      provider: textOf(json.provider),
      requestId: textOf(json.requestId),
      cause,
    })
  }

  /**
   * The same failure with the public message, and this error as its cause. For code that passes
   * errors to a server: some servers write the message of a failed body into the response (seen
   * in @hono/node-server 2).
   */
  toPublic(): StreamError {
    return StreamError.#restore(this.toJSON(), this)
  }

  /** The part that may leave the server: no provider text, no ids, no cause. */
  toJSON(): StreamErrorJSON {
    const { code, publicMessage: message, retryable, status, retryAfterMs } = this
    return { code, message, retryable, ...compact({ status, retryAfterMs }) }
  }
}

/** The error of a driver or its provider, whose name the message begins with. */
export function failureOf(
  provider: string,
  code: StreamErrorCode,
  what: string,
  options?: StreamErrorOptions,
): StreamError {
  return new StreamError(code, `${provider}: ${what}`, { provider, ...options })
}

function isCode(value: unknown): value is StreamErrorCode {
  return typeof value === 'string' && Object.hasOwn(sentences, value)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
