/**
 * One event as one line of JSON.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import { errorJson } from './error-json.js'

export function eventJson(event: StreamEvent, exposeErrors: boolean): string {
  if (event.type === 'retry' || event.type === 'error') {
    return JSON.stringify({ ...event, error: errorJson(event.error, exposeErrors) })
  }
  return JSON.stringify(event)
}

/**
 * The event, or an error in its place if its output cannot be written as JSON: a schema may turn an
 * answer into anything. Without its output, it would look like an answer that has none.
 */
export function writable(event: StreamEvent): StreamEvent {
  if (event.type !== 'complete' || event.output === undefined) return event
  try {
    JSON.stringify(event.output)
    return event
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = new StreamError('protocol', `The output cannot be written as JSON: ${reason}`, {
      cause,
    })
    return { type: 'error', error, partial: event.message, attempts: event.attempts }
  }
}

/**
 * Escapes three characters that JSON leaves as they are, unlike CR, LF and lone surrogates. They do
 * not end a line of server-sent events or NDJSON, but readers that split by Unicode's rules break
 * lines there (seen in Python's `str.splitlines` and libraries built on it).
 */
export function safeLines(text: string): string {
  if (!text.includes('\u2028') && !text.includes('\u2029') && !text.includes('\u0085')) return text
  return text
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
    .replaceAll('\u0085', '\\u0085')
}
