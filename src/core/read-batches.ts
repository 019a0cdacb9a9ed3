/**
 * Reads any stream of events in batches.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import type { BatchReader } from './event-feed.js'
import { IterableOrigin } from './iterable-origin.js'
import { ReceivedAnswer } from './received-answer.js'
import { Stream } from './stream.js'

/** The batches of a stream. For another iterable, each event is a batch. */
export function readBatches(events: AsyncIterable<StreamEvent>): BatchReader {
  const stream =
    events instanceof Stream ? events : new Stream(new ReceivedAnswer(new IterableOrigin(events)))
  stream.claim()
  return stream
}
