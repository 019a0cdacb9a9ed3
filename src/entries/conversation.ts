/**
 * Stored conversations, with one turn at a time.
 *
 * @module sluice/conversation
 */

export { createConversation } from '../conversation/conversation.js'
export type { OnError } from '../conversation/draft.js'
export {
  estimateTokens,
  type LastMessagesOptions,
  lastMessages,
  type SelectContext,
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
export type {
  Conversation,
  ConversationInput,
  ConversationOptions,
  ConversationState,
  ConversationWithoutTools,
  RegenerateOptions,
  SendOptions,
  TurnOptions,
} from '../conversation/types.js'
export type { LeftBehind } from '../core/left-behind.js'
export { type MemoryStoreOptions, memoryStore } from '../stores/memory/store.js'
