/**
 * What surrounds a stream that is a turn of a conversation: something has to be there before the model is asked, and something has to
 * be done before the reader is told the end.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { TerminalEvent } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'

export interface Turn {
  /**
   * Called at the first pull.
   *
   * @param signal - aborts when the stream ends before this has resolved
   * @returns what the model is asked
   */
  begin(request: StreamRequest, stream: TurnStream, signal: AbortSignal): Promise<StreamRequest>
  /** Called once if `begin` was. What it resolves with is told; it MUST NOT reject. */
  end(end: TerminalEvent): Promise<TerminalEvent>
}

/** The stream as its turn sees it. */
export interface TurnStream {
  /** Whether the reader has asked for what comes next and has not got it yet. */
  readonly waiting: boolean
  /** Changes whenever content comes. */
  readonly length: number
  /** Ends the stream with this error. */
  stop(error: StreamError): void
}
