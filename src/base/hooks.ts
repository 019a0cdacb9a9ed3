/**
 * What can be heard of a stream without reading it.
 *
 * @module
 */

import type { StreamError } from './errors.js'
import type { CompleteEvent, FinishReason, RetryEvent, Usage, UsageSum } from './events.js'
import type { StreamRequest } from './request.js'

/**
 * Functions for logs and metrics. They are called a few times a stream, never for content, and on the next microtask, so they hear of
 * an event no later than the reader does.
 *
 * Nothing waits for them, and what they throw or reject with is ignored: watching a stream must not be able to break it. Whoever wants
 * to know catches inside.
 */
export interface StreamHooks {
  /** A request is about to be sent. */
  onAttempt?: (attempt: StreamAttempt) => unknown
  /** An attempt has failed, and another one follows: what the `retry` event says. */
  onRetry?: (retry: StreamRetry) => unknown
  /** The stream is over, however: also if its reader has left. A stream that is never read, nor cancelled, has no end. */
  onEnd?: (end: StreamEnd) => unknown
}

/** What `onAttempt` is told. */
export interface StreamAttempt {
  /** That of the `start` event. */
  id: string
  /** From 1; no two attempts of a stream have the same, also where they run side by side. */
  attempt: number
  /** Who is asked. */
  provider: string
  model: string
  /** What the stream was created to ask. */
  request: StreamRequest
}

/** What `onRetry` is told. */
export interface StreamRetry extends Omit<RetryEvent, 'type'> {
  /** That of the `start` event. */
  id: string
}

/** What `onEnd` is told. */
export interface StreamEnd {
  /** That of the `start` event. */
  id: string
  /** Who answered. If nobody did, who was asked last. */
  provider: string
  model: string
  attempts: number
  /** Absent if the stream failed. */
  finishReason?: FinishReason
  /** The provider's id of the response. */
  responseId?: string
  /** Why the stream failed; absent if it is complete. */
  error?: StreamError
  /** What the answer cost. If the stream failed, what all attempts did, as far as it is known. */
  usage: Usage | UsageSum
  /** What all other attempts cost. Absent where it is nothing, and if the stream failed. */
  wasted?: UsageSum
  timing: CompleteEvent['timing']
}
