/**
 * Reads events from a log.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import { parseEvent } from '../formats/parse-event.js'
import type { LogPage } from './log.js'

/**
 * Parses a stored event.
 *
 * @throws StreamError `protocol` for an invalid event, and for an unknown one: if it were skipped,
 * the events after it would get wrong ids
 */
export function readEvent(json: string): StreamEvent {
  const event = parseEvent(json)
  if (event !== undefined) return event
  const message = `An event in the log has an unknown type, probably of a later version: ${json.slice(0, 200)}`
  throw new StreamError('protocol', message)
}

export function lostStream(id: string): StreamError {
  return new StreamError(
    'store',
    `The log no longer has the stream "${id}", or has lost a part of it.`,
  )
}

/**
 * Checks a page of a stream that existed before.
 *
 * @throws StreamError `store` if the stream or the events after the position are gone
 */
export function checkPage(page: LogPage | null, id: string, after: number): LogPage {
  if (page !== null && (page.events.length > 0 || page.last <= after)) return page
  throw lostStream(id)
}
