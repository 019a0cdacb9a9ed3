/**
 * Events as a log keeps them.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import { parseEvent } from '../formats/parse-event.js'
import type { LogPage } from './log.js'

/**
 * An event that was kept, read back.
 *
 * @throws StreamError of code `protocol`. An event that is not known is one too: were it left out, those after it would come under
 * wrong ids.
 */
export function readEvent(json: string): StreamEvent {
  const event = parseEvent(json)
  if (event !== undefined) return event
  const message = `An event of a later version cannot be read: ${json.slice(0, 200)}`
  throw new StreamError('protocol', message)
}

export function lostStream(id: string): StreamError {
  return new StreamError('store', `The log no longer has the stream "${id}", or not all of it.`)
}

/**
 * A page of a stream that was there before.
 *
 * @throws StreamError of code `store` if it is gone, or the events are that have to follow
 */
export function checkPage(page: LogPage | null, id: string, after: number): LogPage {
  if (page !== null && (page.events.length > 0 || page.last <= after)) return page
  throw lostStream(id)
}
