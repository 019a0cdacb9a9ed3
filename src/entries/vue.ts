/**
 * A Vue composable for conversations.
 *
 * @module sluice/vue
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
export { type ChatRefs, useStream } from '../vue/use-stream.js'
