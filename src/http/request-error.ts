/**
 * Whatever a request can fail with, as a StreamError.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { readerOf } from './body.js'
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
  })
}

async function readBody(response: Response): Promise<string> {
  try {
    return await readStart(readerOf(response))
  } catch {
    // The status says enough.
    return ''
  }
}

/** Whatever a request can reject with, as a StreamError. Both SDKs' errors are known by their fields, not by their class. */
export function requestError(error: unknown, provider: string): StreamError {
  if (StreamError.is(error)) return error
  const fields: { status?: unknown; headers?: unknown; error?: unknown } =
    typeof error === 'object' && error !== null ? error : {}
  if (typeof fields.status === 'number') {
    const message = error instanceof Error ? error.message : ''
    return providerError({
      provider,
      status: fields.status,
      headers: fields.headers instanceof Headers ? fields.headers : undefined,
      body: fields.error ?? message,
      cause: error,
    })
  }
  return networkError(error, provider, 'before the answer began')
}

export function networkError(error: unknown, provider: string, when: string): StreamError {
  if (StreamError.is(error)) return error
  const reason = innermostReason(error)
  const timedOut = /timed? ?out/i.test(reason)
  const message = `${provider}: the connection ${timedOut ? 'timed out' : 'failed'} ${when}: ${reason}`
  return new StreamError(timedOut ? 'timeout' : 'network', message, { provider, cause: error })
}

/** `fetch failed` says nothing; ECONNREFUSED sits two causes deeper. */
function innermostReason(error: unknown): string {
  let reason = String(error)
  for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth++) {
    const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown }
    if (typeof message === 'string' && message !== '') reason = message
    if (typeof code === 'string' && !reason.includes(code)) reason = `${code} ${reason}`
    error = cause
  }
  return reason
}

/** The text of a body that says why a request failed, up to a limit. It never rejects. */
export async function readStart(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<string> {
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < maxErrorBody) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // The status is known; what is missing of the body does not change it.
  }
  reader.cancel().catch(() => {})
  return text
}

/** Undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
