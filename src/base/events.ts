/**
 * The five events of a stream.
 *
 * @module
 */
import type { StreamError } from './errors.js'
import type { FinishReason } from './finish-reason.js'
import type { AssistantMessage, InputPart, OutputPart, ToolResultPart } from './messages.js'
import type { ToolType } from './tool-types.js'

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
}

/** A piece of text. */
export interface TextContent {
  type: 'content'
  /** The content block that this piece belongs to, counted from 0 in order of appearance. */
  index: number
  kind: 'text'
  text: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
}

/** A piece of the model's reasoning. */
export interface ReasoningContent {
  type: 'content'
  index: number
  kind: 'reasoning'
  text: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
  /** The reasoning is encrypted: `text` is empty, and `signature` must be sent back. */
  redacted?: true
}

/** A piece of a tool call. */
export interface ToolCallContent {
  type: 'content'
  index: number
  kind: 'tool-call'
  id: string
  name: string
  /** The next fragment of the JSON arguments; `complete.message` has all of them, parsed. */
  input: string
  /** A call of a custom tool: its input is plain text instead of JSON (OpenAI). */
  custom?: true
  signature?: string
  /** See `ToolCallPart`. It comes after the arguments. */
  seal?: string
}

/** The result of a tool that was run. */
export interface ToolResultContent<Name extends string = string, Output = unknown> {
  type: 'content'
  index: number
  kind: 'tool-result'
  /** The id of the tool call. */
  id: string
  name: Name
  /** A string, or any JSON value. */
  output: Output
  /** Text, images and files for the model, after the output. */
  content?: readonly InputPart[]
  /** The tool failed, or was not run; `output` says why. */
  isError?: boolean
  /** The tool is still running. A later event with the same index replaces this one. */
  preliminary?: true
}

/** A citation. */
export interface SourceContent {
  type: 'content'
  index: number
  kind: 'source'
  url?: string
  title?: string
  /** The citation as the provider sent it. */
  raw?: unknown
}

/** A generated file, such as an image. */
export interface FileContent {
  type: 'content'
  index: number
  kind: 'file'
  /** The media type, such as `image/png`. */
  mediaType: string
  /** Base64. */
  data: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
  /** A preview. A later event with the same index replaces it. */
  partial?: true
}

/**
 * A block that only its maker understands: the server's own tools and their results, compaction,
 * executed code.
 */
export interface ProviderContent {
  type: 'content'
  index: number
  kind: 'provider'
  /** The maker's name for this type of block, such as `server_tool_use`. */
  name: string
  /** The wire and the maker, such as `anthropic-messages/anthropic`. */
  origin: string
  /** The block as the provider sent it, as JSON. */
  data: unknown
  /**
   * The beginning of a block, such as a search before its query is known. A later event with the
   * same index replaces it.
   */
  partial?: true
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

/** A call in a step, with its result. */
export interface StepCall<Name extends string = string, Input = unknown, Output = unknown> {
  id: string
  name: Name
  /** The arguments as the model sent them. */
  input: Input
  /** Absent if the call has no result yet. */
  output?: Output
  isError?: boolean
}

/** A call that waits. */
export interface WaitingCall<Name extends string = string, Input = unknown> {
  id: string
  name: Name
  /** The arguments as the model sent them. They have been validated if `for` is `approval`. */
  input: Input
  /**
   * `approval`: a person has to allow it. `client`: the tool has no `run`, so its result comes with
   * the next request. `steps`: the turn has reached `maxSteps`.
   */
  for: 'approval' | 'client' | 'steps'
}

// A model can call a tool that does not exist, with arguments of any shape. Such a call fails, or
// waits without being validated. So only results of runs, and calls that ran or wait for approval,
// have the types of a tool.

/** A result of one of these tools. Narrow it by `isError`, `preliminary` and `name`. */
export type ToolResultContentOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, unknown, infer Output>
    ? string extends Name
      ? ToolResultContent
      : WholeResult<Name, Output> | PreliminaryResult | FailedResult
    : never

/** What a tool returned. */
export interface WholeResult<Name extends string, Output> extends ToolResultContent<Name, Output> {
  isError?: false
  preliminary?: never
}

/** What a tool yielded while it runs. */
export interface PreliminaryResult extends ToolResultContent {
  isError?: never
  preliminary: true
}

/** Why a tool failed, or was not run. The model may have called a tool that does not exist. */
export interface FailedResult extends ToolResultContent {
  isError: true
  preliminary?: never
}

/** A part of an answer whose results are those of these tools. */
export type OutputPartOf<Tools extends ToolType> =
  | Exclude<OutputPart, ToolResultPart>
  | ToolResultPartOf<Tools>

/** A result of one of these tools. Narrow it by `isError` and `name`. */
export type ToolResultPartOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, unknown, infer Output>
    ? string extends Name
      ? ToolResultPart
      : WholeResultPart<Name, Output> | FailedResultPart
    : never

/** What a tool returned. */
export interface WholeResultPart<Name extends string, Output> extends ToolResultPart<Name, Output> {
  isError?: false
}

/** Why a tool failed, or was not run. The model may have called a tool that does not exist. */
export interface FailedResultPart extends ToolResultPart {
  isError: true
}

/** A call of one of these tools. Narrow it by `isError` and `name`. */
export type StepCallOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, infer Input, infer Output>
    ? string extends Name
      ? StepCall
      : WholeCall<Name, Input, Output> | OpenCall | FailedCall
    : never

/** A call that ran. */
export interface WholeCall<Name extends string, Input, Output>
  extends StepCall<Name, Input, Output> {
  output: Output
  isError?: false
}

/** A call without a result. The tool may not exist, and nothing has validated the arguments. */
export interface OpenCall extends StepCall {
  output?: never
  isError?: never
}

/** A call that failed, or was not run. The tool may not exist, and the arguments may be invalid. */
export interface FailedCall extends StepCall {
  isError: true
}

/** A waiting call of one of these tools. Narrow it by `for` and `name`. */
export type WaitingCallOf<Tools extends ToolType> =
  Tools extends ToolType<infer Name, infer Input>
    ? string extends Name
      ? WaitingCall
      : CallForApproval<Name, Input> | UncheckedCall
    : never

/** A call that a person has to allow. Its arguments have been validated. */
export interface CallForApproval<Name extends string, Input> extends WaitingCall<Name, Input> {
  for: 'approval'
}

/** A call whose arguments nothing has validated, perhaps of a tool that does not exist. */
export interface UncheckedCall extends WaitingCall {
  for: 'client' | 'steps'
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
