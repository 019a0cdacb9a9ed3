/**
 * How carriers read.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import { type BatchReader, IterableReader } from './iterable-reader.js'
import { Stream } from './stream.js'

/** The events of any iterable by the batch. Our own streams give theirs whole; of others each event is one batch. */
export function readBatches(events: AsyncIterable<StreamEvent>): BatchReader {
  if (events instanceof Stream) {
    events.claim()
    return events
  }
  return new IterableReader(events[Symbol.asyncIterator]())
}
