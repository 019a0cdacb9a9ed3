/**
 * Creates a stream from its options.
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
import type { EventStream, StreamFor } from '../base/event-stream.js'
import type { StreamHooks } from '../base/hooks.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema } from '../base/schema.js'
import type { ToolSet, ToolTypesOf } from '../base/tool-types.js'
import type { RetryOptions } from '../layers/retry/options.js'
import { retry } from '../layers/retry/retry.js'
import { type TimeoutOptions, timeout } from '../layers/timeout.js'
import { loop, runsTools } from '../loop/open-loop.js'
import { type LoopOptions, loopRules, type StepChanges } from '../loop/options.js'
import { Answer } from './answer.js'
import { checkNode } from './check-node.js'
import { checkRequest, requestRules } from './check-request.js'
import { hookRules, observe } from './observer.js'
import { startOf } from './start-event.js'
import { Stream } from './stream.js'
import type { Turn } from './turn.js'

/** `StreamOptions` whose `tools` may be any. `Tools` are those that the hooks receive. */
export interface BasicStreamOptions<Output = unknown, Tools extends ToolSet = ToolSet>
  extends StreamRequest,
    StreamHooks,
    LoopOptions<Tools> {
  /**
   * The tools that the model may call. They determine the types of calls and results. If they
   * include tools whose names are not known, annotate them as `ToolSet`.
   */
  tools?: ToolSet
  /** The schema of the answer. It determines the type of `complete.output`. */
  output?: OutputSchema<Output>
  /**
   * The driver that answers: `openai({...})`, `anthropic({...})`, `compatible({...})`, or your own.
   */
  driver: Driver
  /** Ends the stream with an `error` of code `aborted` when it aborts. */
  signal?: AbortSignal
  /**
   * Retry options. A number is `maxRetries`, `false` disables retries.
   * @default { maxRetries: 2 }
   */
  retry?: number | false | RetryOptions
  /**
   * Timeouts. A number is `totalMs`, `false` disables all of them.
   * @default { firstChunkMs: 120_000, chunkMs: 60_000, silenceMs: 60_000, toolMs: 120_000 }
   */
  timeout?: number | false | TimeoutOptions
}

/** Options of `createStream()`. */
export interface StreamOptions<Output = unknown, Tools extends ToolSet = ToolSet>
  extends BasicStreamOptions<Output, Tools> {
  tools?: Tools
}

interface PromptOrMessages {
  prompt: string
}

interface PromptWithoutMessages {
  messages?: 'Options "messages" and "prompt" are mutually exclusive.'
}

/**
 * Options with a prompt or messages. Options that certainly have both, or neither, do not match it.
 * Where the compiler cannot know, as for a variable of type `StreamOptions`, `createStream()` checks
 * it when it is called.
 */
export type WithOneInput<Options, Output = unknown, Tools extends ToolSet = ToolSet> =
  Extract<keyof Options, 'prompt' | 'messages'> extends never
    ? BasicStreamOptions<Output, Tools> & PromptOrMessages
    : Options extends { prompt: string; messages: object }
      ? Omit<BasicStreamOptions<Output, Tools>, 'messages'> & PromptWithoutMessages
      : // Never the first one, from which the compiler infers Options and Tools.
        [Options] extends [never]
        ? Options & { tools?: Tools }
        : BasicStreamOptions<Output, Tools>

/**
 * Calls a model and returns its answer as events. Nothing is sent before the first event is read.
 *
 * Iterating never throws for a failure of the provider or the network, or for an abort: the stream
 * ends with an `error` event instead.
 *
 * @throws TypeError for an invalid option
 * @throws StreamError `setup` on a Node older than 22.12
 * @example
 * ```ts
 * const stream = createStream({ driver: openai({ model: 'gpt-5.5' }), prompt: 'Why is the sky blue?' })
 * for await (const event of stream) {
 *   if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
 * }
 * ```
 */
export function createStream<
  Output = unknown,
  Tools extends ToolSet = ToolSet,
  Options extends BasicStreamOptions<Output, Tools> = BasicStreamOptions<Output, Tools>,
>(
  options: WithOneInput<Options, Output, Tools>,
): StreamFor<Options, NoInfer<Output>, ToolTypesOf<Tools>> {
  return openStream(options) as StreamFor<Options, NoInfer<Output>, ToolTypesOf<Tools>>
}

/** @internal */
export const streamRules: Rules<StreamOptions> = {
  driver: required(driverRule),
  ...requestRules,
  signal: abortSignal,
  // Checked by the layers.
  retry: anything,
  timeout: anything,
  ...hookRules,
  ...loopRules,
}

/** @internal Creates a stream, optionally as a turn of a conversation. */
export function openStream(options: StreamOptions, turn?: Turn): EventStream {
  checkNode()
  checkOptions('', options, streamRules, 'an object with a driver and a prompt or messages')
  const { driver, signal, retry: retryOption, timeout: timeoutOption = {}, ...others } = options
  const { onEnd } = others
  const [loopOptions, request] = split(others)
  checkRequest(request)
  const start = startOf(driver, request.messages)
  const isTurn = runsTools(request, loopOptions)
  // The layer that retries is also the one that continues an answer.
  const retries = retryOption === false && turn?.left !== undefined ? 0 : retryOption
  const layer = (of: Driver): Driver => (retries === false ? of : retry(of, retries))
  const toolMs = toolLimit(timeoutOption)
  const stepped = isTurn
    ? loop({
        id: start.id,
        driver,
        options: loopOptions,
        toolMs,
        layer,
        checkChanges,
        stored: turn?.stored,
      })
    : layer(driver)
  const layered = timeoutOption === false ? stepped : timeout(stepped, timeoutOption)
  const answer = new Answer({
    start,
    request,
    runsTools: isTurn,
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

const { messages, tools, toolChoice } = requestRules
const stepRules: Rules<StepChanges> = { messages, tools, toolChoice, driver: driverRule }

function checkChanges(changes: StepChanges): void {
  checkOptions('beforeStep', changes, stepRules)
  checkRequest({ messages: [], ...changes } as StreamRequest)
}

/** The options of a turn, and the request. */
function split(given: StreamRequest & StreamHooks & LoopOptions): [LoopOptions, StreamRequest] {
  const request: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(requestRules, name)) request[name] = value
  }
  return [given, request]
}

const defaultToolMs = 120_000

function toolLimit(option: StreamOptions['timeout']): number {
  if (option === false) return Infinity
  return (typeof option === 'object' ? option?.toolMs : undefined) ?? defaultToolMs
}
