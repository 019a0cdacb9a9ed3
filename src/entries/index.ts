/**
 * Streams from language models: `createStream()`, response writers with their formats, and layers
 * around drivers.
 *
 * @module sluice
 */

export { Accumulator } from '../base/accumulator.js'
export type {
  FileContent,
  ProviderContent,
  ReasoningContent,
  SourceContent,
  TextContent,
  ToolCallContent,
  ToolResultContent,
} from '../base/content-kinds.js'
export type {
  Completion,
  Continuation,
  Driver,
  DriverContext,
  DriverYield,
  Fetch,
} from '../base/driver.js'
export {
  StreamError,
  type StreamErrorCode,
  type StreamErrorJSON,
  type StreamErrorOptions,
} from '../base/errors.js'
export type { EventStream, OutputStream, StreamFor } from '../base/event-stream.js'
export type {
  CompleteEvent,
  CompleteEventWithOutput,
  ContentEvent,
  ErrorEvent,
  FinishReason,
  RawEnd,
  ResponseDetails,
  RetryEvent,
  StartEvent,
  Step,
  StreamEvent,
  Usage,
  UsageSum,
} from '../base/events.js'
export type { StreamAttempt, StreamEnd, StreamHooks, StreamRetry } from '../base/hooks.js'
export type {
  AssistantMessage,
  CacheMark,
  FileInputPart,
  FilePart,
  ForProviders,
  ImageDetail,
  ImageInputPart,
  InputPart,
  Message,
  OptionsByProvider,
  OutputPart,
  ProviderPart,
  ReasoningPart,
  SourcePart,
  SystemMessage,
  TextInputPart,
  TextPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
  UserMessage,
  WaitingPart,
} from '../base/messages.js'
export type { ReasoningEffort, StreamRequest, ToolChoice } from '../base/request.js'
export type {
  JsonSchema,
  OutputSchema,
  StandardIssue,
  StandardJsonSchema,
  StandardResult,
  StandardSchema,
} from '../base/schema.js'
export type { Encoder, Format } from '../base/stream-format.js'
export type {
  CutOutputOf,
  InferTools,
  InputOf,
  JsonOf,
  OutputOf,
  ResultOf,
  SentInputOf,
  ToolSet,
  ToolType,
  ToolTypesOf,
} from '../base/tool-types.js'
export type {
  AnyInput,
  ApproveContext,
  RunContext,
  Tool,
  ToolOutput,
  ToolResult,
} from '../base/tools.js'
export type {
  CallForApproval,
  FailedCall,
  FailedResult,
  FailedResultPart,
  OpenCall,
  OutputPartOf,
  PreliminaryResult,
  StepCall,
  StepCallOf,
  ToolResultContentOf,
  ToolResultPartOf,
  UncheckedCall,
  WaitingCall,
  WaitingCallOf,
  WholeCall,
  WholeResult,
  WholeResultPart,
} from '../base/typed-calls.js'
export type { ReaderOptions } from '../carriers/body-writer.js'
export { toReadableStream, toResponse, type WebResponseInit } from '../carriers/web.js'
export {
  type BasicStreamOptions,
  createStream,
  type StreamOptions,
  type WithOneInput,
} from '../core/create-stream.js'
export { type DebugHooks, type DebugOptions, debug } from '../core/debug.js'
export { type ParseMessagesOptions, parseMessages } from '../core/parse-messages.js'
export { type DataChannel, dataChannel } from '../formats/data-channel.js'
export { type NdjsonOptions, ndjson } from '../formats/ndjson.js'
export type { EventFormatOptions, FormatOptions } from '../formats/options.js'
export { type PlainTextOptions, plainText } from '../formats/plain-text.js'
export { type SseOptions, sse } from '../formats/sse.js'
export type { CircuitBreaker } from '../layers/fallback/circuit-breaker.js'
export { type FallbackOptions, fallback } from '../layers/fallback/fallback.js'
export { type HedgeOptions, hedge } from '../layers/hedge.js'
export type { RetryOptions } from '../layers/retry/options.js'
export { retry } from '../layers/retry/retry.js'
export { type TimeoutOptions, timeout } from '../layers/timeout.js'
export { type ToolDefinition, tool, toolResult } from '../loop/define-tool.js'
export type {
  BeforeStep,
  LoopHooks,
  LoopOptions,
  RunCall,
  RunCallOf,
  StepChanges,
  StepEnd,
  ToolEnd,
  ToolStart,
  UncertainCall,
} from '../loop/options.js'
export { ToolError } from '../loop/tool-error.js'
