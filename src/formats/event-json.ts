/**
 * One event as one line of JSON.
 *
 * @module
 */

import type { StreamEvent } from '../types.js'
import { errorJson } from './failure.js'

export function eventJson(event: StreamEvent, exposeErrors: boolean): string {
  if (event.type === 'retry' || event.type === 'error') {
    return JSON.stringify({ ...event, error: errorJson(event.error, exposeErrors) })
  }
  return JSON.stringify(event)
}

/**
 * JSON escapes CR and LF, and lone surrogates. It leaves three characters that do not end a line of server-sent events or NDJSON,
 * but at which readers that split by Unicode's rules break one all the same (seen in Python's `str.splitlines` and what is built
 * on it).
 */
export function safeLines(text: string): string {
  if (!text.includes('\u2028') && !text.includes('\u2029') && !text.includes('\u0085')) return text
  return text
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
    .replaceAll('\u0085', '\\u0085')
}
