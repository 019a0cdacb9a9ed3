/**
 * Events as a log keeps them.
 *
 * @module
 */

import { StreamError } from '../../errors.js'
import { parseEvent } from '../../formats/parse-event.js'
import type { CompleteEvent, ErrorEvent, StreamEvent } from '../../types.js'

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

export function isTerminal(event: StreamEvent | undefined): event is CompleteEvent | ErrorEvent {
  return event?.type === 'complete' || event?.type === 'error'
}

export function lostStream(id: string): StreamError {
  return new StreamError('store', `The log no longer has the stream "${id}".`)
}
