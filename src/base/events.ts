/**
 * The five events of a stream.
 *
 * @module
 */
import type {
  FileContent,
  ProviderContent,
  ReasoningContent,
  SourceContent,
  TextContent,
  ToolCallContent,
} from './content-kinds.js'
import type { StreamError } from './errors.js'
import type { FinishReason } from './finish-reason.js'
import type { AssistantMessage } from './messages.js'
import type { ToolType } from './tool-types.js'
import type {
  OutputPartOf,
  StepCall,
  StepCallOf,
  ToolResultContentOf,
  WaitingCallOf,
} from './typed-calls.js'

export type { FinishReason } from './finish-reason.js'

/**
 * An event of a stream. The order is `start ( content | retry )* ( complete | error )`.
 *
 * With `ToolTypesOf<typeof tools>`, results and calls can be narrowed by the name of their tool.
 */
export type StreamEvent<Output = unknown, Tools extends ToolType = ToolType> =
  | StartEvent
  | ContentEvent<Tools>
  | RetryEvent
  | CompleteEvent<Output, Tools>
  | ErrorEvent

const eventTypes: Readonly<Record<StreamEvent['type'], true>> = {
  start: true,
  content: true,
  retry: true,
  complete: true,
  error: true,
}

/** Whether a value is the `type` of an event. */
export function isEventType(type: unknown): type is StreamEvent['type'] {
  return typeof type === 'string' && Object.hasOwn(eventTypes, type)
}

/** The event that ends a stream. */
export type TerminalEvent<Output = unknown> = CompleteEvent<Output> | ErrorEvent

export function isTerminal(event: StreamEvent | undefined): event is TerminalEvent {
  return event?.type === 'complete' || event?.type === 'error'
}

/**
 * The text, or the arguments of a call. Undefined for content that comes whole, and for the kinds of
 * a later version.
 */
export function textOf(event: ContentEvent): string | undefined {
  if (event.kind === 'tool-call') return event.input
  return event.kind === 'text' || event.kind === 'reasoning' ? event.text : undefined
}

/** Starts the stream. Always first, and emitted before the provider is called. */
export interface StartEvent {
  type: 'start'
  /** Identifies this stream. */
  id: string
  provider: string
  /** The requested model; `complete` has the one that answered. */
  model: string
  /**
   * The request ended with an answer, or with results and approvals for its calls, so this is the
   * rest of that answer. A page adds it to its last message.
   */
  continues?: true
}

/** A piece of the answer. */
export type ContentEvent<Tools extends ToolType = ToolType> =
  | TextContent
  | ReasoningContent
  | ToolCallContent
  | ToolResultContentOf<Tools>
  | SourceContent
  | FileContent
  | ProviderContent

/** Announces another attempt after a failed one. Emitted before the wait. */
export interface RetryEvent {
  type: 'retry'
  /** The number of the next attempt, from 2. */
  attempt: number
  /** `Number.MAX_SAFE_INTEGER` or more without a limit. */
  maxAttempts: number
  /** The wait before the attempt, in milliseconds. */
  delayMs: number
  /**
   * `restart`: all earlier `content` whose index is at least `from` is discarded. `continue`: all
   * of it stays.
   */
  mode: 'restart' | 'continue'
  /**
   * The first block of the step that failed. The steps before it stand.
   * @default 0
   */
  from?: number
  /** The step that failed, from 1, in a turn with tools that run. `attempt` counts within it. */
  step?: number
  /** The provider of the next attempt. */
  provider: string
  model: string
  /** Why the last attempt failed. */
  error: StreamError
  /** The usage of the failed attempt, if known. */
  usage?: UsageSum
}

/** Ends a stream whose answer is complete. Always the last event. */
export interface CompleteEvent<Output = unknown, out Tools extends ToolType = ToolType> {
  type: 'complete'
  /** All `text` content, joined block by block. */
  text: string
  message: AssistantMessage<OutputPartOf<Tools>>
  /**
   * The structured output, parsed, and validated if its schema is a Standard Schema. Absent without
   * `output` in the request. With `tools` in the request, it is also absent if the answer calls
   * tools, pauses, or is withheld by a content filter; without `tools`, such an answer is an `error`.
   * Clients receive it as JSON. A value that JSON cannot hold, such as a BigInt, reaches them as an
   * `error`.
   */
  output?: Output
  finishReason: FinishReason
  /** The provider's own finish reason, if it sent one. */
  rawFinishReason?: string
  /** The usage of the attempt that answered. */
  usage: Usage
  /**
   * The usage of all other attempts: those that failed, and those that lost to a faster one. Absent
   * if there is none.
   */
  wasted?: UsageSum
  /** In a turn with tools that run: the steps, each of which is one answer of the model. */
  steps?: readonly Step<StepCallOf<Tools>>[]
  /**
   * The calls that have no result yet, in a turn with tools that run. The next request continues
   * with their results or approvals.
   */
  waiting?: readonly WaitingCallOf<Tools>[]
  provider: string
  /** The model that answered. */
  model: string
  /** The provider's id of the response. */
  responseId?: string
  /** The provider's own words at the end. Formats leave them out unless `exposeRaw` is set. */
  raw?: RawEnd
  /** The response to the last request. Formats leave it out unless `exposeRaw` is set. */
  response?: ResponseDetails
  attempts: number
  timing: {
    /** The time from the first pull to the first content, in milliseconds; null without content. */
    firstContentMs: number | null
    /** The time from the first pull to the end, in milliseconds. */
    durationMs: number
  }
  /** In a turn of a conversation: the number of messages in the conversation. */
  messageCount?: number
}

/** The `complete` event of a request that has `output` and no `tools`: its output is never absent. */
export interface CompleteEventWithOutput<Output = unknown> extends CompleteEvent<Output> {
  output: Output
}

/** Ends a stream that failed. Always the last event. */
export interface ErrorEvent {
  type: 'error'
  error: StreamError
  /** The answer up to the failure. */
  partial: AssistantMessage
  /** The usage of all attempts, as far as it is known. Absent if there is none. */
  usage?: UsageSum
  /** What the provider had sent of its own words. Formats leave it out unless `exposeRaw` is set. */
  raw?: RawEnd
  /** The response to the last request. Formats leave it out unless `exposeRaw` is set. */
  response?: ResponseDetails
  attempts: number
  /**
   * In a turn of a conversation that stored `partial`: the number of messages in the conversation.
   */
  messageCount?: number
}

/** One answer of the model in a turn with tools that run. */
export interface Step<Call = StepCall> {
  text: string
  usage: Usage
  finishReason: FinishReason
  /** The model that answered. */
  model: string
  /** The number of requests that the step took. */
  attempts: number
  calls: readonly Call[]
}

/** The provider's own words at the end of an answer, as they came. */
export interface RawEnd {
  /** The usage as the provider sent it, with costs and details that have no field of their own. */
  usage?: unknown
  /** What stands beside the finish reason, such as stop details or a refusal's category. */
  finish?: unknown
  /** The log probabilities of all tokens, if they were requested. */
  logprobs?: unknown
  /** What else the provider reported, by its own names. */
  [name: string]: unknown
}

/** What identifies a response, and the limits that it reported. */
export interface ResponseDetails {
  /** The provider's id of the answer. */
  id?: string
  /** The provider's id of the request, to quote to its support. */
  requestId?: string
  /** Rate limits, ids of the request, and processing times, by lower-case names. */
  headers?: Record<string, string>
}

/** Token counts. A field is absent if the provider did not report it. */
export interface Usage {
  /** All input, cached input included. */
  inputTokens?: number
  /** All output, reasoning included. */
  outputTokens?: number
  totalTokens?: number
  /** The part of `outputTokens` spent on reasoning. */
  reasoningTokens?: number
  /** The part of `inputTokens` read from the provider's cache. */
  cachedInputTokens?: number
  /** The part of `inputTokens` written to the provider's cache. */
  cacheWriteInputTokens?: number
}

/** Token counts of several attempts. */
export interface UsageSum extends Usage {
  /**
   * Some counts are estimated by length, with about four characters per token, because an attempt
   * ended before the provider reported them.
   */
  estimated?: true
}
