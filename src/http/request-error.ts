/**
 * What requests and drivers throw, as a StreamError.
 *
 * @module
 */

import { failureOf, StreamError, type StreamErrorCode } from '../base/errors.js'
import { parseJson } from '../base/parse-json.js'
import { readerOf } from './body.js'
import type { BodyReader } from './body-reader.js'
import { causesOf, isConnectionError, isMistake, isUnsendable } from './connection-error.js'
import { providerError } from './provider-error.js'

/** How much of an error's body is read, in characters. */
const maxErrorBody = 64 * 1024

/** The error of a response whose status is not 2xx. Reads its body, up to a limit. */
export async function statusError(response: Response, provider: string): Promise<StreamError> {
  const text = await readBody(response)
  return providerError({
    provider,
    status: response.status,
    headers: response.headers,
    body: parseJson(text) ?? text,
    hint: hintFor(response.url),
  })
}

/** Servers that speak OpenAI's wire answer 404 to a `baseURL` without its version. */
function hintFor(url: string | undefined): string | undefined {
  // Responses of other hands may have no url.
  const address = url?.replace(/[?#].*/s, '')
  if (!address || /\/v\d/.test(address)) return undefined
  return `The address was ${address}. Most servers expect a baseURL that ends with /v1.`
}

async function readBody(response: Response): Promise<string> {
  try {
    return await readStart(readerOf(response))
  } catch {
    // The status is enough.
    return ''
  }
}

/**
 * The error of a request that could not be sent or answered. A value that is nobody's mistake is
 * taken for a failed connection, because to make one is all that sending does.
 */
export function requestError(thrown: unknown, provider: string): StreamError {
  // SDKs wrap what a function for the key throws.
  const inner = causesOf(thrown).find((error) => StreamError.is(error))
  if (inner !== undefined) return inner
  const when = 'before the answer began'
  const known = knownError(thrown, provider, when)
  if (known !== undefined) return known
  return isMistake(thrown) ? unknownError(thrown, provider) : networkError(thrown, provider, when)
}

/** The error of a driver that is a generator, which may throw anything. */
export function driverError(thrown: unknown, provider: string): StreamError {
  return knownError(thrown, provider) ?? unknownError(thrown, provider)
}

/**
 * Undefined for a value that is neither a StreamError, nor an answer with a status, nor the error
 * of a connection.
 */
function knownError(thrown: unknown, provider: string, when?: string): StreamError | undefined {
  if (StreamError.is(thrown)) return thrown
  const fields: { status?: unknown; error?: unknown } =
    typeof thrown === 'object' && thrown !== null ? thrown : {}
  // Both SDKs' errors are known by their fields: their classes exist once for each copy of the SDK.
  if (typeof fields.status === 'number') {
    const message = thrown instanceof Error ? thrown.message : ''
    return providerError({
      provider,
      status: fields.status,
      headers: thrownHeaders(thrown),
      body: fields.error ?? message,
      cause: thrown,
    })
  }
  if (isUnsendable(thrown)) return unsendableError(provider, 'A header or the address')
  return isConnectionError(thrown) ? networkError(thrown, provider, when) : undefined
}

/** The headers of an answer that an SDK has thrown as an error. */
export function thrownHeaders(thrown: unknown): Headers | undefined {
  const headers = (thrown as { headers?: unknown } | null | undefined)?.headers
  return headers instanceof Headers ? headers : undefined
}

/** Without a cause: runtimes quote the value in theirs. */
export function unsendableError(provider: string, what: string): StreamError {
  const why = 'it is missing, or holds characters that are not allowed (not shown)'
  return failureOf(provider, 'setup', `${what} cannot be sent: ${why}.`)
}

function unknownError(thrown: unknown, provider: string): StreamError {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StreamError('unknown', message, { provider, cause: thrown })
}

/** @param when - the end of the sentence "the connection failed" */
export function networkError(thrown: unknown, provider: string, when: string = ''): StreamError {
  if (StreamError.is(thrown)) return thrown
  const { code, what } = networkFailure(thrown, when)
  return failureOf(provider, code, what, { cause: thrown })
}

/** How a connection failed: a code, and a sentence without its beginning. */
export function networkFailure(
  thrown: unknown,
  when: string,
): { code: StreamErrorCode; what: string } {
  const reason = innermostReason(thrown)
  const timedOut = /timed? ?out/i.test(reason)
  const what = `the connection ${timedOut ? 'timed out' : 'failed'}${when && ` ${when}`}: ${reason}`
  return { code: timedOut ? 'timeout' : 'network', what }
}

/** The reason that means something: `fetch failed` does not, ECONNREFUSED is two causes deeper. */
function innermostReason(error: unknown): string {
  let reason = String(error)
  for (const { code, message } of causesOf(error)) {
    if (typeof message === 'string' && message !== '') reason = message
    if (typeof code === 'string' && !reason.includes(code)) reason = `${code} ${reason}`
  }
  return reason
}

/** The text of the body of an error, up to a limit. It never rejects. */
export function readStart(reader: BodyReader | undefined): Promise<string> {
  if (reader === undefined) return Promise.resolve('')
  const decoder = new TextDecoder()
  let text = ''
  return new Promise((resolve) => {
    // The status is known; the missing rest of the body does not change it.
    const stop = (): void => {
      reader.cancel()
      resolve(text)
    }
    const next = (chunk: Uint8Array | undefined): void => {
      if (chunk === undefined) return stop()
      text += decoder.decode(chunk.subarray(0, maxErrorBody), { stream: true })
      if (text.length < maxErrorBody) reader.read(next, stop)
      else stop()
    }
    reader.read(next, stop)
  })
}
