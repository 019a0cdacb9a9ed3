/**
 * A stream that is a turn of a conversation: work before the model is called, and before the reader
 * receives the terminal event.
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
   * @returns the request to the model
   */
  begin(request: StreamRequest, stream: TurnStream, signal: AbortSignal): Promise<StreamRequest>
  /**
   * Called once if `begin` was. The reader receives the event that it resolves with. It MUST NOT
   * reject.
   */
  end(end: TerminalEvent): Promise<TerminalEvent>
}

/** The stream as its turn sees it. */
export interface TurnStream {
  /** Whether the reader waits for the next event. */
  readonly waiting: boolean
  /** Changes whenever content comes. */
  readonly length: number
  /** Ends the stream with this error. */
  stop(error: StreamError): void
}
