/**
 * The batches of any stream of events.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import type { BatchReader } from './event-feed.js'
import { IterableOrigin } from './iterable-origin.js'
import { ReceivedAnswer } from './received-answer.js'
import { Stream } from './stream.js'

/** Our own streams deliver whole batches; each event of another iterable is a batch of its own. */
export function readBatches(events: AsyncIterable<StreamEvent>): BatchReader {
  const stream =
    events instanceof Stream ? events : new Stream(new ReceivedAnswer(new IterableOrigin(events)))
  stream.claim()
  return stream
}
