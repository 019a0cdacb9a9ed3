/**
 * Errors between a page and its own server.
 *
 * @module
 */

import { StreamError, type StreamErrorCode, type StreamErrorOptions } from '../base/errors.js'
import { retryAfterMs } from '../http/headers.js'
import { networkError, parseJson } from '../http/request-error.js'

/** How much of a response's body stays on the error, in characters. */
const maxBodyLength = 4096

/** Sentences for clients that name the server; other codes have the sentence of every StreamError. */
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

/** An error of the connection to the server; the model behind it had no part in it. */
export function serverError(
  code: StreamErrorCode,
  message: string,
  options: StreamErrorOptions = {},
): StreamError {
  return new StreamError(code, message, { ...options, publicMessage: sentences[code] })
}

/** A request that was rejected, or a body that broke off. */
export function connectionError(thrown: unknown, when: string): StreamError {
  if (StreamError.is(thrown)) return thrown
  const { code, message } = networkError(thrown, 'server', when)
  return serverError(code, message, { cause: thrown })
}

/**
 * A response whose status is not 2xx. Its body is `{ error }`, as `toResponse` writes it for a failed stream; any other is the
 * server's own word.
 */
export function statusError({ status, headers }: Response, text: string): StreamError {
  const wait = { retryAfterMs: retryAfterMs(headers) }
  const json = parseJson(text)
  const error =
    typeof json === 'object' && json !== null && 'error' in json ? json.error : undefined
  if (typeof error === 'object' && error !== null && 'code' in error && 'retryable' in error) {
    return StreamError.fromJSON({ ...wait, ...error, status })
  }
  const code = codeOf(status)
  const message = `The server answered with status ${status}.`
  return serverError(code, message, { ...wait, status, body: bodyOf(text) })
}

/** The beginning of a body, as an error holds it; undefined for an empty one. */
export function bodyOf(text: string): string | undefined {
  return text === '' ? undefined : text.slice(0, maxBodyLength)
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

function codeOf(status: number): StreamErrorCode {
  return codes[status] ?? (status >= 500 ? 'server' : 'invalid-request')
}
