/**
 * Formats with `earlyStatus` wait for the first content, so that an earlier failure can be an HTTP
 * status.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import type { BatchReader } from '../core/event-feed.js'

/** What has been read before the response begins. */
export interface ReadAhead {
  events: readonly StreamEvent[]
  firstId?: number | null | undefined
  /** Why the stream failed before its first content. */
  failure?: StreamError
}

/** Reads until the status of the response is known. Formats without `earlyStatus` read nothing. */
export async function readUntilStatus(reader: BatchReader, format: Format): Promise<ReadAhead> {
  const held: StreamEvent[] = []
  if (!format.earlyStatus) return { events: held }
  let firstId: number | null | undefined
  for (;;) {
    const batch = await new Promise<readonly StreamEvent[] | null>((resolve) =>
      reader.read((events, id) => {
        if (held.length === 0) firstId = id
        resolve(events)
      }),
    )
    if (batch === null) return { events: held, firstId }
    for (const event of batch) {
      if (event.type === 'error' && !held.some(isContent)) {
        return { events: held, failure: event.error }
      }
      held.push(event)
    }
    if (batch.some((event) => isContent(event) || event.type === 'complete')) {
      return { events: held, firstId }
    }
  }
}

function isContent(event: StreamEvent): boolean {
  return event.type === 'content'
}
