/**
 * The contract of a driver.
 *
 * @module
 */

import type { ContentEvent, FinishReason, RetryEvent, Usage, UsageSum } from './events.js'
import type { StreamRequest } from './request.js'

/**
 * What a driver yields: content, or the `retry` event of a driver that asks another driver. An array is all that one network
 * chunk held; it goes through every layer whole.
 */
export type DriverYield = ContentEvent | RetryEvent | readonly (ContentEvent | RetryEvent)[]

/**
 * Speaks to one model of one provider. A driver MUST hold no state between two calls of `stream`.
 */
export interface Driver {
  readonly provider: string
  readonly model: string
  /**
   * How the model goes on with an answer that broke off, for `retry.afterContent: 'continue'`.
   * @default () => 'request'
   */
  continuation?(request: StreamRequest): Continuation
  /**
   * One attempt. Content is `yield`, completion is `return`, failure is `throw`.
   *
   * It MUST return only if the provider said that the answer is whole, throw when `context.signal` aborts, and free
   * everything it holds when it is returned or aborted.
   */
  stream(
    request: StreamRequest,
    context: DriverContext,
  ): AsyncGenerator<DriverYield, Completion, void>
}

/**
 * `prefill`: a last message of the assistant is taken for the beginning of the answer, and the model writes on. `request`: it has to be
 * asked for that in words. `none`: it can do neither, so the answer begins again.
 */
export type Continuation = 'prefill' | 'request' | 'none'

/** What a driver gets for one attempt. */
export interface DriverContext {
  /** Ends this attempt alone. */
  signal: AbortSignal
  /** From 1; it counts on through nested layers. */
  attempt: number
  /** To be called for each piece of data from the network, pings included: it feeds the `silenceMs` clock. */
  onBytes(): void
}

/** What a driver returns when the answer is whole. */
export interface Completion {
  finishReason: FinishReason
  rawFinishReason?: string
  usage: Usage
  /** What other attempts cost that the driver made beside this one and threw away. */
  wasted?: UsageSum
  /**
   * The structured output, where it has been parsed and validated already. A driver has no need to set it: the text of its answer
   * is checked for it.
   */
  output?: unknown
  /** Who answered, where that is not the driver itself. */
  provider?: string
  model?: string
  responseId?: string
}

/**
 * What can take the place of the global `fetch`. Its own type will not do: in some runtimes `fetch` has properties that nothing else has.
 */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
