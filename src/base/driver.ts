/**
 * The contract of a driver.
 *
 * @module
 */

import type {
  CompleteEvent,
  ContentEvent,
  FinishReason,
  RawEnd,
  ResponseDetails,
  RetryEvent,
  Usage,
  UsageSum,
} from './events.js'
import type { StreamRequest } from './request.js'

/**
 * A value that a driver yields: content, or the `retry` event of a driver that calls another
 * driver. An array holds all events of one network chunk and stays together in every layer.
 */
export type DriverYield = ContentEvent | RetryEvent | readonly (ContentEvent | RetryEvent)[]

/** Calls one model of one provider. A driver MUST NOT hold state between two calls of `stream`. */
export interface Driver {
  readonly provider: string
  readonly model: string
  /**
   * Returns the way in which the model continues an answer that broke off, for `retry.afterContent:
   * 'continue'`.
   * @default () => 'request'
   */
  continuation?(request: StreamRequest): Continuation
  /**
   * Makes one attempt. Content is `yield`, completion is `return`, failure is `throw`.
   *
   * It MUST return only if the provider reported that the answer is complete, throw when
   * `context.signal` aborts, and free everything it holds when it is returned or aborted.
   */
  stream(
    request: StreamRequest,
    context: DriverContext,
  ): AsyncGenerator<DriverYield, Completion, void>
}

/**
 * The way in which a model continues an answer. `prefill`: the model takes a final assistant
 * message as the beginning of its answer and continues it. `request`: the model needs a message
 * that requests it. `none`: it supports neither, so the answer restarts.
 */
export type Continuation = 'prefill' | 'request' | 'none'

/** The context of one attempt. */
export interface DriverContext {
  /** Ends this attempt only. */
  signal: AbortSignal
  /** The number of the attempt, from 1, counted across nested layers. */
  attempt: number
  /**
   * Call this for each chunk of data from the network, pings included. It restarts the `silenceMs`
   * timeout.
   */
  onBytes(): void
}

/** The value that a driver returns when the answer is complete. */
export interface Completion {
  finishReason: FinishReason
  rawFinishReason?: string
  usage: Usage
  /** The usage of other attempts that the driver made and discarded. */
  wasted?: UsageSum
  /**
   * The structured output, if it has been parsed and validated already. A driver need not set it:
   * otherwise the text of its answer is parsed.
   */
  output?: unknown
  /** The provider that answered, if it is not the driver's own. */
  provider?: string
  model?: string
  responseId?: string
  /** The provider's own words at the end, for `complete.raw`. */
  raw?: RawEnd
  /** What identifies the response. `httpDriver()` sets it. */
  response?: ResponseDetails
  /** Set for a turn of several steps. @internal */
  turn?: Pick<CompleteEvent, 'steps' | 'waiting'>
}

/**
 * A function that can replace the global `fetch`. The type of `fetch` itself is too narrow: in some
 * runtimes it has further properties.
 */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
