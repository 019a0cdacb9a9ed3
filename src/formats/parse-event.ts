/**
 * Parses an event that a format has written.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isEventType, type StreamEvent } from '../base/events.js'
import { exceededBound } from '../base/json-bounds.js'

/**
 * @returns the event; undefined for an unknown type, so that a later version may send more
 * @throws StreamError `protocol` for text that is not JSON, too large, or not an event
 */
export function parseEvent(text: string): StreamEvent | undefined {
  const exceeded = exceededBound(text)
  if (exceeded !== undefined) throw new StreamError('protocol', `An event ${exceeded}.`)
  let event: { type?: unknown; error?: unknown } | null
  try {
    event = JSON.parse(text)
  } catch (cause) {
    throw new StreamError('protocol', `An event is not JSON: ${text.slice(0, 200)}`, { cause })
  }
  const type = event?.type
  if (type === undefined) {
    throw new StreamError('protocol', `An event has no type: ${text.slice(0, 200)}`)
  }
  if (!isEventType(type)) return undefined
  const isFailure = type === 'retry' || type === 'error'
  return (
    isFailure ? { ...event, error: StreamError.fromJSON(event?.error) } : event
  ) as StreamEvent
}
