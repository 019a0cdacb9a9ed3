/**
 * Where the events of a stream come from.
 *
 * @module
 */

import type { StreamEvent } from '../base/events.js'
import type { Sink, Source } from '../pull/source.js'

/** Where a source of whole events answers, such as a stream that is read back from a server. */
export interface EventSink extends Sink {
  /** Never empty; a `complete` or `error` is its last. */
  events(batch: readonly StreamEvent[], firstId?: number): void
}

export interface EventSource extends Omit<Source, 'pull'> {
  pull(sink: EventSink): void
}
