/**
 * Stored conversations, with one turn at a time.
 *
 * @module sluice/conversation
 */

export {
  type Conversation,
  type ConversationInput,
  type ConversationOptions,
  type ConversationState,
  type ConversationWithoutTools,
  createConversation,
  type SendOptions,
  type TurnOptions,
} from '../conversation/conversation.js'
export type { OnError } from '../conversation/draft.js'
export {
  type LastMessagesOptions,
  lastMessages,
  type SelectMessages,
} from '../conversation/last-messages.js'
export type {
  ConversationChange,
  ConversationLock,
  ConversationPage,
  ConversationStore,
  ConversationSummary,
  Draft,
  ListOptions,
  LockOptions,
  StoredConversation,
} from '../conversation/store.js'
export type { LeftBehind } from '../core/left-behind.js'
export { type MemoryStoreOptions, memoryStore } from '../stores/memory/store.js'
