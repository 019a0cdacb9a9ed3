/**
 * One event as one line of JSON.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { ErrorEvent, StreamEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'
import { errorJson } from './error-json.js'

/** What may leave the server, beside the events themselves. */
export interface Exposed {
  exposeErrors: boolean
  exposeRaw: boolean
}

export function eventJson(event: StreamEvent, { exposeErrors, exposeRaw }: Exposed): string {
  // Most events are content.
  if (event.type === 'content' || event.type === 'start') return JSON.stringify(event)
  const hidden = exposeRaw ? {} : { raw: undefined, response: undefined }
  if (event.type === 'complete') return JSON.stringify({ ...event, ...hidden })
  return JSON.stringify({ ...event, error: errorJson(event.error, exposeErrors), ...hidden })
}

/**
 * The error that a format sends in place of an event that cannot be written as JSON: a schema may
 * turn an answer into anything, and the stack does not suffice for thousands of levels.
 */
export function unwritable(event: StreamEvent, cause: unknown): ErrorEvent {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The ${event.type} event cannot be written as JSON: ${reason}`
  const error = new StreamError('protocol', message, { cause })
  const attempts = 'attempts' in event ? event.attempts : 1
  return { type: 'error', error, partial: partialOf(event), attempts }
}

/** The message of a complete answer, if that can be written. */
function partialOf(event: StreamEvent): AssistantMessage {
  const nothing: AssistantMessage = { role: 'assistant', content: [] }
  if (event.type !== 'complete') return nothing
  try {
    JSON.stringify(event.message)
    return event.message
  } catch {
    return nothing
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
