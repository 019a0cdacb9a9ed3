/**
 * Options to layers.
 *
 * @module
 */

import { openDriver } from '../attempt/define-driver.js'
import {
  abortSignal,
  anything,
  checkOptions,
  driver as driverRule,
  type Rules,
  required,
} from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import type { EventStream } from '../base/event-stream.js'
import type { StreamHooks } from '../base/hooks.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema } from '../base/schema.js'
import type { RetryOptions } from '../layers/retry/options.js'
import { retry } from '../layers/retry/retry.js'
import { type TimeoutOptions, timeout } from '../layers/timeout.js'
import { Answer } from './answer.js'
import { checkRequest, requestRules } from './check-request.js'
import { hookRules, observe } from './observer.js'
import { startOf } from './start-event.js'
import { Stream } from './stream.js'
import type { Turn } from './turn.js'

export interface StreamOptions<Output = unknown> extends StreamRequest, StreamHooks {
  /** The schema of the answer; its type is that of `complete.output`. */
  output?: OutputSchema<Output>
  /** The provider: `openai({...})`, `anthropic({...})`, `compatible({...})`, or your own. */
  driver: Driver
  /** Ends the stream with an `error` of code `aborted`. */
  signal?: AbortSignal
  /**
   * Retries after a failure. A number is `maxRetries`.
   * @default { maxRetries: 2 }
   */
  retry?: number | false | RetryOptions
  /**
   * Timeouts. A number is `totalMs`.
   * @default { firstChunkMs: 120_000, chunkMs: 60_000, silenceMs: 60_000 }
   */
  timeout?: number | false | TimeoutOptions
}

/**
 * Streams the answer of a model as events. Nothing is sent before the first event is requested.
 *
 * Iterating never throws for anything that the provider, the network or an abort does: such failures
 * are the `error` event.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const stream = createStream({ driver: openai({ model: 'gpt-5.5' }), prompt: 'Why is the sky blue?' })
 * for await (const event of stream) {
 *   if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
 * }
 * ```
 */
export function createStream<Output = unknown>(
  options: StreamOptions<Output>,
): EventStream<Output> {
  return openStream(options) as EventStream<Output>
}

/** @internal */
export const streamRules: Rules<StreamOptions> = {
  driver: required(driverRule),
  ...requestRules,
  signal: abortSignal,
  // Their layers check them.
  retry: anything,
  timeout: anything,
  ...hookRules,
}

/** @internal A stream that may be a turn of something larger. */
export function openStream(options: StreamOptions, turn?: Turn): EventStream {
  checkOptions('', options, streamRules, 'an object with a driver and a prompt or messages')
  const { driver, signal, retry: retryOption, timeout: timeoutOption, ...others } = options
  const { onAttempt: _attempt, onRetry: _retry, onEnd, ...request } = others
  checkRequest(request)
  const layered = addLayers(driver, retryOption, timeoutOption)
  const start = startOf(driver)
  const answer = new Answer({
    start,
    request,
    open: (asked, context) =>
      // Without our own limits, no layer is the outermost one that may end the stream.
      openDriver(
        layered,
        asked,
        timeoutOption === false ? { ...context, stop: undefined } : context,
      ),
    turn,
    observer: observe(others, start),
  })
  return new Stream(answer, { signal, isWatched: onEnd !== undefined })
}

function addLayers(
  driver: Driver,
  retryOption: StreamOptions['retry'],
  timeoutOption: StreamOptions['timeout'] = {},
): Driver {
  const retried = retryOption === false ? driver : retry(driver, retryOption)
  return timeoutOption === false ? retried : timeout(retried, timeoutOption)
}
