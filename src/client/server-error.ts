/**
 * Errors between a page and its own server.
 *
 * @module
 */

import {
  StreamError,
  type StreamErrorCode,
  type StreamErrorJSON,
  type StreamErrorOptions,
} from '../base/errors.js'
import { parseJson } from '../base/parse-json.js'
import { networkFailure } from '../http/request-error.js'
import { retryAfterMs } from '../http/retry-after.js'

/** The maximum length of a response body on an error, in characters. */
const maxBodyLength = 4096

/** Public sentences that name the server. Other codes use the default sentence of StreamError. */
const sentences: Partial<Record<StreamErrorCode, string>> = {
  timeout: 'The server took too long to answer.',
  network: 'The connection to the server failed.',
  overloaded: 'The server is overloaded. Try again later.',
  server: 'The server had an internal error.',
  auth: 'The server requires you to sign in.',
  permission: 'The server refused access.',
  'not-found': 'The server has nothing at this address.',
  'invalid-request': 'The server did not accept the request.',
  protocol: 'The server sent an answer that could not be read.',
}

/** An error between a page and its server, which the model behind it did not cause. */
export function serverError(
  code: StreamErrorCode,
  message: string,
  options: StreamErrorOptions = {},
): StreamError {
  return new StreamError(code, message, { ...options, publicMessage: sentences[code] })
}

/** The error of a request that was rejected, or of a body that broke off. */
export function connectionError(thrown: unknown, when: string): StreamError {
  if (StreamError.is(thrown)) return thrown
  const { code, what } = networkFailure(thrown, when)
  return serverError(code, `server: ${what}`, { cause: thrown })
}

/**
 * The error of a response whose status is not 2xx. The body of a failed stream is `{ error }`, as
 * `toResponse` writes it; any other body is kept as the server sent it.
 */
export function statusError({ status, headers }: Response, text: string): StreamError {
  const wait = { retryAfterMs: retryAfterMs(headers) }
  const json = parseJson(text) as { error?: Partial<StreamErrorJSON> | null } | null | undefined
  const error = json?.error
  if (error?.code !== undefined && error.retryable !== undefined) {
    return StreamError.fromJSON({ ...wait, ...error, status })
  }
  const code = codes[status] ?? (status >= 500 ? 'server' : 'invalid-request')
  return serverError(code, `The server answered with status ${status}.`, {
    ...wait,
    status,
    body: bodyOf(text),
  })
}

/** The beginning of a body, as stored on an error; undefined for an empty body. */
export function bodyOf(text: string): string | undefined {
  return text.slice(0, maxBodyLength) || undefined
}

const codes: Readonly<Record<number, StreamErrorCode>> = {
  401: 'auth',
  403: 'permission',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'not-found',
  429: 'rate-limit',
  503: 'overloaded',
  504: 'timeout',
}
