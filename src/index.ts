/**
 * Streams from language models: `createStream()`, what writes a stream to a response, and the combinators.
 *
 * @module sluice
 */

export { Accumulator } from './accumulate.js'
export { toReadableStream, toResponse } from './carriers/web.js'
export type { CircuitBreaker } from './combinators/circuit.js'
export { type FallbackOptions, fallback } from './combinators/fallback.js'
export { type HedgeOptions, hedge } from './combinators/hedge.js'
export { retry } from './combinators/retry.js'
export type { RetryOptions } from './combinators/retry-options.js'
export { type TimeoutOptions, timeout } from './combinators/timeout.js'
export { createStream, type StreamOptions } from './core/create-stream.js'
export {
  StreamError,
  type StreamErrorCode,
  type StreamErrorJSON,
  type StreamErrorOptions,
} from './errors.js'
export type { Encoder, Format } from './format.js'
export { type NdjsonOptions, ndjson } from './formats/ndjson.js'
export type { FormatOptions } from './formats/options.js'
export { type PlainTextOptions, plainText } from './formats/plain-text.js'
export { type SseOptions, sse } from './formats/sse.js'
export type { StreamAttempt, StreamEnd, StreamHooks, StreamRetry } from './hooks.js'
export type {
  AssistantMessage,
  FileInputPart,
  FilePart,
  ImageInputPart,
  InputPart,
  JsonSchema,
  Message,
  OutputPart,
  OutputSchema,
  ReasoningPart,
  SourcePart,
  StandardIssue,
  StandardJsonSchema,
  StandardResult,
  StandardSchema,
  StreamRequest,
  SystemMessage,
  TextInputPart,
  TextPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolMessage,
  ToolResultPart,
  UserMessage,
} from './messages.js'
export type {
  CompleteEvent,
  Completion,
  ContentEvent,
  Continuation,
  Driver,
  DriverContext,
  DriverYield,
  ErrorEvent,
  EventStream,
  Fetch,
  FileContent,
  FinishReason,
  ReasoningContent,
  RetryEvent,
  SourceContent,
  StartEvent,
  StreamEvent,
  TextContent,
  ToolCallContent,
  Usage,
  UsageSum,
} from './types.js'
