/**
 * Hooks that observe a stream without reading it.
 *
 * @module
 */

import type { StreamError } from './errors.js'
import type {
  CompleteEvent,
  FinishReason,
  ResponseDetails,
  RetryEvent,
  Usage,
  UsageSum,
} from './events.js'
import type { StreamRequest } from './request.js'

/**
 * Hooks for logs and metrics. They are called a few times per stream, never for content. Each call
 * is made on the next microtask, no later than the reader receives the event.
 *
 * Nothing waits for a hook, and its errors are ignored, because observing a stream must not break
 * it. Catch errors inside the hook to see them.
 */
export interface StreamHooks {
  /** Called before each request. */
  onAttempt?: (attempt: StreamAttempt) => unknown
  /** Called after each failed attempt that is retried, with the fields of the `retry` event. */
  onRetry?: (retry: StreamRetry) => unknown
  /**
   * Called once when the stream ends for any reason, including when the reader disconnects. A
   * stream that is neither read nor cancelled does not end.
   */
  onEnd?: (end: StreamEnd) => unknown
}

/** The argument of `onAttempt`. */
export interface StreamAttempt {
  /** The id of the `start` event. */
  id: string
  /**
   * The number of the attempt, from 1. It is unique within the stream, even for attempts that run
   * at the same time.
   */
  attempt: number
  /** The step, from 1, in a turn with tools that run. Attempts are counted within it. */
  step?: number
  /** The provider that is called. */
  provider: string
  model: string
  /** The request of the stream. */
  request: StreamRequest
}

/** The argument of `onRetry`. */
export interface StreamRetry extends Omit<RetryEvent, 'type'> {
  /** The id of the `start` event. */
  id: string
}

/** The argument of `onEnd`. */
export interface StreamEnd {
  /** The id of the `start` event. */
  id: string
  /** The provider that answered, or else the last one that was called. */
  provider: string
  model: string
  attempts: number
  /** Absent if the stream failed. */
  finishReason?: FinishReason
  /** The provider's id of the response. */
  responseId?: string
  /** What identifies the last response, with the rate limits that it reported. */
  response?: ResponseDetails
  /** Why the stream failed; absent if it completed. */
  error?: StreamError
  /** The usage of the answer. If the stream failed, that of all attempts, as far as it is known. */
  usage: Usage | UsageSum
  /** The usage of all other attempts. Absent if there is none, or if the stream failed. */
  wasted?: UsageSum
  timing: CompleteEvent['timing']
}
