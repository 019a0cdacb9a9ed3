/**
 * What a stream is made of.
 *
 * @module
 */

import type { CompleteEvent, ErrorEvent, StartEvent } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import type { OpenContext } from '../pull/source.js'
import type { EventSource } from './event-source.js'
import type { Observer } from './observer.js'

export interface StreamSettings {
  /** Who is asked, and what; absent if the source tells its own `start`. */
  asked?: { start: StartEvent; request: StreamRequest }
  /** Opened at the first pull; or a source that is open already, which is closed even if nobody ever pulls. */
  source: ((context: OpenContext) => EventSource) | EventSource
  /**
   * What has to be done before the end is told, such as storing the answer. Called once, if anything was opened; what it resolves
   * with is told. It MUST NOT reject.
   */
  beforeEnd?: ((end: CompleteEvent | ErrorEvent) => Promise<CompleteEvent | ErrorEvent>) | undefined
  signal?: AbortSignal | undefined
  observer?: Observer | undefined
  /** The rest of a stream that is kept: what came before was told elsewhere, and the source gives the events their ids. */
  tail?: {
    /** The id of the last event that was told. */
    after: number
    /** The end, if it was told too. */
    ended?: CompleteEvent | ErrorEvent | undefined
  }
}
