/**
 * Reads streams from a server, and holds conversations, in a browser or any other runtime.
 *
 * @module sluice/client
 */

export { Accumulator } from '../base/accumulator.js'
export { StreamError, type StreamErrorCode } from '../base/errors.js'
export type { EventStream } from '../base/event-stream.js'
export type { StreamEvent } from '../base/events.js'
export { type Chat, createChat } from '../chat/create-chat.js'
export type {
  ChatAction,
  ChatOptions,
  ChatRequest,
  KeepOptions,
  KeepStorage,
  PageTool,
  PageTools,
  StoppedStream,
} from '../chat/options.js'
export type {
  Branch,
  CallState,
  ChatActions,
  ChatDraft,
  ChatInput,
  ChatMessage,
  ChatState,
  ChatStatus,
  ConnectionState,
  MessageStatus,
  QueuedInput,
} from '../chat/state.js'
export { type ConnectOptions, connect, type ReconnectOptions } from '../client/connect.js'
export type { Reconnection } from '../client/connection.js'
export type { DataEvent } from '../client/data-event.js'
export { readStream } from '../client/read.js'
export type { InterruptedStream, RequestHeaders, Resume } from '../client/stream-requests.js'
