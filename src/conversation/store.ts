/**
 * The contract of a store for conversations.
 *
 * @module
 */

import type { Message } from '../base/messages.js'

/**
 * The turn that is under way or was left behind: an object of plain JSON, which a store keeps as it
 * is.
 */
export type Draft = object

/** A conversation in a store. */
export interface StoredConversation {
  /** All messages, oldest first. */
  messages: Message[]
  /**
   * The version, which differs after each change; null for a conversation that was never stored.
   */
  version: string | null
  /** The draft, if there is one. */
  draft?: Draft
  /** The title, if one was written. Optional, for stores that have `list`. */
  title?: string
}

/** A change of a conversation. Options that are absent change nothing. */
export interface ConversationChange {
  /**
   * The number of messages that stay, from the beginning. The others are deleted, before `add`.
   * @default all messages
   */
  keep?: number
  /** Messages to add at the end. */
  add?: readonly Message[]
  /** The new draft; null deletes it. */
  draft?: Draft | null
  /** The new title, for stores that have `list`. Others ignore it. */
  title?: string
}

/** Options of `ConversationStore.list()`. */
export interface ListOptions {
  /**
   * The maximum number of conversations.
   * @default 50
   */
  limit?: number
  /**
   * Continues a list: `next` of the page before.
   * @default the conversation that was changed last
   */
  before?: string
  /**
   * Only conversations whose id starts with it, such as `user-42/`.
   * @default all conversations
   */
  prefix?: string
}

/** A conversation in a list. */
export interface ConversationSummary {
  id: string
  /** The title, if one was written. `clear()` deletes it. */
  title?: string
  /** The time of the last change, in milliseconds since 1970. */
  updatedAt: number
  messageCount: number
}

/** A part of the list of all conversations. */
export interface ConversationPage {
  conversations: ConversationSummary[]
  /** Where the next page begins; absent if there are no more conversations. */
  next?: string
}

/** Options of `ConversationStore.lock()`. */
export interface LockOptions {
  /** The duration of the lock without a renewal, in milliseconds. */
  ttlMs: number
  /**
   * Whether to wait while the lock is held, or to reject with `conflict`.
   * @default true
   */
  wait?: boolean
  /** Ends the wait, which then rejects with `aborted`. */
  signal?: AbortSignal
}

/** The exclusive right to write to a conversation, for a limited time. */
export interface ConversationLock {
  /**
   * Extends the lock to `ttlMs` from now. An expired lock is taken again if nobody else has taken
   * it since.
   *
   * @throws StreamError `conflict` if another holder has the lock
   */
  renew(): Promise<void>
  /** Releases the lock for the next holder. Does nothing if it is no longer held. */
  release(): Promise<void>
}

/**
 * Stores conversations. `testStore()` from `sluice/testing` tests a store against this contract.
 *
 * Every rejection is a `StreamError`: `conflict` as documented below, `aborted` for a signal,
 * `store` for any failure of the store itself. Messages and drafts are plain JSON, with bytes as
 * base64. A store MUST NOT delete a conversation on its own, unless its options say when.
 */
export interface ConversationStore {
  /** Loads a conversation. An unknown id is an empty conversation. */
  load(id: string): Promise<StoredConversation>
  /**
   * Changes a conversation, all or nothing, if it is still at `expectedVersion`. MUST be atomic. The
   * version is the fence: a turn that lost its lock unnoticed cannot overwrite what another turn has
   * written. A draft changes often, so a change of the draft alone should not write the messages
   * again.
   *
   * @returns the new version, also if the change is empty
   * @throws StreamError `conflict` if the conversation is at another version
   */
  write(id: string, change: ConversationChange, expectedVersion: string | null): Promise<string>
  /**
   * Deletes all messages and the draft, whoever holds the lock. MUST change the version of a
   * conversation that has messages or a draft or whose lock is held, so that a running turn cannot
   * restore what was deleted.
   */
  clear(id: string): Promise<void>
  /**
   * Takes the lock of a conversation, which is exclusive among all processes that use the same
   * store. Waiting callers receive it in the order of arrival, at the latest `ttlMs` after the last
   * renewal of its holder. MUST NOT wait in a busy loop.
   *
   * @throws StreamError `conflict` if the lock is held and `wait` is false
   */
  lock(id: string, options: LockOptions): Promise<ConversationLock>
  /**
   * Lists the conversations that have messages or a draft, the last changed one first. Optional, for
   * stores that can. A conversation that changes between two pages may be in both, or in none.
   */
  list?(options?: ListOptions): Promise<ConversationPage>
}
