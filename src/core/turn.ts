/**
 * The work around a stream that is a turn of a conversation: before the model is called, and before
 * the reader receives the terminal event.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { TerminalEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { StoredTurn } from '../loop/open-loop.js'
import type { LastingResponse, Source } from '../pull/source.js'
import type { LeftBehind } from './left-behind.js'
import type { Opening } from './opening.js'

export interface Turn {
  /** For the tools of the turn: what the store knows. */
  stored?: StoredTurn
  /** What readers have received of the stream that this one continues. */
  left?: LeftBehind | undefined
  /** What the source of the answer has to know, once `begin` has resolved. */
  opening?: Opening | undefined
  /** The source of an answer that was given before. For turns whose `begin` resolves with one. */
  replay?(answer: AssistantMessage): Source
  /** Puts the beginning of the answer before what its source gives. */
  opened?(source: Source): Source
  /** Called once the id of a response is known that the provider completes without a connection. */
  onResponse?(response: LastingResponse): void
  /**
   * Resolves with true once the question is stored, and with false once it is known that it will not
   * be. Stays pending if `begin` is never called.
   */
  readonly begun: Promise<boolean>
  /**
   * Called at the first pull.
   *
   * @param signal - aborts when the stream ends before this has resolved
   * @returns the request to send to the model, or an answer that was given before
   */
  begin(
    request: StreamRequest,
    stream: TurnStream,
    signal: AbortSignal,
  ): Promise<StreamRequest | AssistantMessage>
  /**
   * Called once, if `begin` was. The reader receives the event that it resolves with. It MUST NOT
   * reject.
   */
  end(end: TerminalEvent): Promise<TerminalEvent>
}

/** The stream of a turn. */
export interface TurnStream {
  /** The id of the `start` event. */
  readonly id: string
  /** Whether the reader waits for an event. */
  readonly waiting: boolean
  /** Changes whenever content arrives. */
  readonly length: number
  /** Ends the stream with this error. */
  stop(error: StreamError): void
}
