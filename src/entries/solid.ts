/**
 * A Solid primitive for conversations.
 *
 * @module sluice/solid
 */

export type { Chat } from '../chat/create-chat.js'
export type { ChatOptions, ChatRequest, PageTool, PageTools } from '../chat/options.js'
export type {
  Branch,
  CallState,
  ChatActions,
  ChatDraft,
  ChatInput,
  ChatMessage,
  ChatState,
  ChatStatus,
  MessageStatus,
  QueuedInput,
} from '../chat/state.js'
export { useStream } from '../solid/use-stream.js'
