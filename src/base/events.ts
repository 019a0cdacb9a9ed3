/**
 * The five events of a stream.
 *
 * @module
 */
import type { StreamError } from './errors.js'
import type { AssistantMessage } from './messages.js'

/** What a stream yields: `start ( content | retry )* ( complete | error )`. */
export type StreamEvent<Output = unknown> =
  | StartEvent
  | ContentEvent
  | RetryEvent
  | CompleteEvent<Output>
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

/** Always first, sent before the provider is called. */
export interface StartEvent {
  type: 'start'
  /** Identifies this stream. */
  id: string
  provider: string
  /** The model that was asked for; the one that answered is on `complete`. */
  model: string
}

/** A piece of text. */
export interface TextContent {
  type: 'content'
  /** The content block this piece belongs to, counted from 0 in order of appearance. */
  index: number
  kind: 'text'
  text: string
  /** Opaque provider data that has to be sent back with this part. */
  signature?: string
}

/** A piece of the model's reasoning. */
export interface ReasoningContent {
  type: 'content'
  index: number
  kind: 'reasoning'
  text: string
  /** Opaque provider data that has to be sent back with this part. */
  signature?: string
  /** The reasoning is encrypted: `text` is empty and `signature` holds what has to be sent back. */
  redacted?: true
}

/** A piece of a tool call. */
export interface ToolCallContent {
  type: 'content'
  index: number
  kind: 'tool-call'
  id: string
  name: string
  /** The next fragment of the JSON arguments; `complete.message` holds them whole and parsed. */
  input: string
  /** A call of a custom tool: its input is plain text and not JSON (OpenAI). */
  custom?: true
  signature?: string
}

/** A citation. */
export interface SourceContent {
  type: 'content'
  index: number
  kind: 'source'
  url?: string
  title?: string
  /** What the provider sent, as it came. */
  raw?: unknown
}

/** A generated file, such as an image. */
export interface FileContent {
  type: 'content'
  index: number
  kind: 'file'
  /** For example `image/png`. */
  mediaType: string
  /** Base64. */
  data: string
}

/** The next piece of the answer. */
export type ContentEvent =
  | TextContent
  | ReasoningContent
  | ToolCallContent
  | SourceContent
  | FileContent

/** An attempt failed and another one is about to begin. Sent before the wait. */
export interface RetryEvent {
  type: 'retry'
  /** The attempt that is about to begin, from 2. */
  attempt: number
  /** `Number.MAX_SAFE_INTEGER` or more where there is no limit. */
  maxAttempts: number
  /** The wait before it, in milliseconds. */
  delayMs: number
  /** `restart`: every earlier `content` is void. `continue`: it stands. */
  mode: 'restart' | 'continue'
  /** Who is asked next. */
  provider: string
  model: string
  /** Why the last attempt failed. */
  error: StreamError
  /** What the attempt that failed cost, where the provider said it. */
  usage?: UsageSum
}

/** The answer is whole. Always last when it comes. */
export interface CompleteEvent<Output = unknown> {
  type: 'complete'
  /** All `text` content, joined block by block. */
  text: string
  message: AssistantMessage
  /**
   * The structured output, parsed, and validated if its schema is a Standard Schema. Absent where none was asked for, and where
   * the answer calls tools, pauses, or is withheld by a content filter. To a client it goes as JSON; one that cannot, such as a
   * BigInt, reaches it as an `error`.
   */
  output?: Output
  finishReason: FinishReason
  /** The provider's own word for it, where it sent one. */
  rawFinishReason?: string
  /** What the attempt that gave the answer cost. */
  usage: Usage
  /** What all other attempts cost: those that failed, and those that lost to a faster one. Absent where it is nothing. */
  wasted?: UsageSum
  provider: string
  /** The model that answered. */
  model: string
  /** The provider's id of the response. */
  responseId?: string
  attempts: number
  timing: {
    /** From the first pull to the first content, in milliseconds; null when there was none. */
    firstContentMs: number | null
    /** From the first pull to the end, in milliseconds. */
    durationMs: number
  }
  /** Of a turn of a conversation: how many messages the conversation holds now. */
  messageCount?: number
}

/** The stream failed. Always last when it comes. */
export interface ErrorEvent {
  type: 'error'
  error: StreamError
  /** What had come until then. */
  partial: AssistantMessage
  /** What all attempts cost, as far as it is known. Absent where it is nothing. */
  usage?: UsageSum
  attempts: number
  /** Of a turn of a conversation that kept `partial`: how many messages the conversation holds now. */
  messageCount?: number
}

/**
 * Why the model stopped: `stop` (it was done, or a stop sequence came), `length` (a token limit), `tool-calls` (it waits for
 * tool results), `content-filter` (it refused or was filtered), `pause` (a long turn that wants to be continued), `other`.
 */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'pause' | 'other'

/** Tokens. A field is absent where the provider did not say. */
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

/** Tokens of several attempts. */
export interface UsageSum extends Usage {
  /** Some of it is estimated by length, about four characters a token, because an attempt ended before the provider said it. */
  estimated?: true
}
