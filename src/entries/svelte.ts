/**
 * Reactive state of Svelte for conversations.
 *
 * @module sluice/svelte
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
export { useStream } from '../svelte/use-stream.js'
