/**
 * Conversations that are remembered.
 *
 * @module sluice/conversation
 */

export {
  type Conversation,
  type ConversationInput,
  type ConversationOptions,
  createConversation,
  type SendOptions,
  type TurnOptions,
} from './state/conversation.js'
export {
  type LastMessagesOptions,
  lastMessages,
  type SelectMessages,
} from './state/last-messages.js'
export { type MemoryStoreOptions, memoryStore } from './state/memory-store.js'
export type {
  ConversationLock,
  ConversationStore,
  LockOptions,
  StoredConversation,
} from './state/store.js'
