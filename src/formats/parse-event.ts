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
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch (cause) {
    throw new StreamError('protocol', `An event is not JSON: ${text.slice(0, 200)}`, { cause })
  }
  if (typeof event !== 'object' || event === null || !('type' in event)) {
    throw new StreamError('protocol', `An event has no type: ${text.slice(0, 200)}`)
  }
  if (!isEventType(event.type)) return undefined
  if (event.type === 'retry' || event.type === 'error') {
    return {
      ...event,
      error: StreamError.fromJSON('error' in event ? event.error : undefined),
    } as StreamEvent
  }
  return event as StreamEvent
}
